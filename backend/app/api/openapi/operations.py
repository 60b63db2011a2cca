"""Every route of the API. A new one belongs into this table; a test holds it against the app's own."""

from __future__ import annotations

from backend.app import errors
from backend.app.api.openai.asked import Completion
from backend.app.api.openapi.operation import ADMINISTRATOR, OPEN, SCRAPER, Form, Operation
from backend.app.api.query import OfCollection, Paging
from backend.app.api.shapes import evaluation as judged
from backend.app.api.shapes import library, people, protocol, server, talk
from backend.app.api.v1 import (
    audit,
    auth,
    chat,
    collections,
    conversations,
    documents,
    evaluation,
    feedback,
    folders,
    invitations,
    keys,
    metrics,
    performance,
    search,
    single_sign_on,
    users,
)

_TAKING_IN = (
    errors.FileTooLarge,
    errors.UnsupportedDocument,
    errors.EmptyDocument,
    errors.IncompleteUpload,
    errors.StorageFull,
    errors.QuotaExceeded,
    errors.QueueFull,
    errors.WebPageRefused,
    errors.WebPageUnreachable,
)
_EVENTS = {
    "meta": talk.MetaEventShape,
    "sources": talk.SourcesEventShape,
    "token": talk.TokenEventShape,
    "done": talk.DoneEventShape,
    "error": talk.ErrorEventShape,
}
_BESIDE_HITS = {"degraded": list[str], "cached": bool, "timings": dict[str, float]}

# fmt: off
OPERATIONS: dict[str, Operation] = {
    "openapi.show": Operation("This document", content=["application/json"], access=OPEN),
    "about.show": Operation("What this server is; signed in, its model and embedder too", data=server.AboutShape, access=OPEN),
    "health.live": Operation("Whether the process answers", data=server.LiveShape, access=OPEN),
    "health.ready": Operation("Whether it is ready, part by part", data=server.ReadyShape, access=OPEN),
    "metrics.report": Operation("Take Web Vitals from a page", body=metrics.Report, status=204, access=OPEN),
    "metrics.scrape": Operation("Prometheus's text; open to this machine, elsewhere with the token of the settings", content=["text/plain"], access=SCRAPER),
    "performance.show": Operation("What the dashboard draws", data=server.PerformanceShape, query=[performance.Range], access=ADMINISTRATOR),

    "auth.register": Operation("Make an account, and sign in", body=auth.Registration, data=people.UserShape, status=201, access=OPEN, errors=[errors.RegistrationClosed, errors.EmailTaken]),
    "auth.login": Operation("Sign in", body=auth.Credentials, data=people.UserShape, access=OPEN, errors=[errors.WrongCredentials]),
    "auth.logout": Operation("Sign out", data=people.SignedOutShape | None, access=OPEN),
    "auth.me": Operation("Who is signed in", data=people.UserShape),
    "auth.rename": Operation("Change one's own name", body=auth.Name, data=people.UserShape),
    "auth.change_password": Operation("Change one's own password; other sessions end", body=auth.PasswordChange, data=people.UserShape, errors=[errors.WrongPassword]),
    "auth.show_reset": Operation("Whose password a link resets", data=people.ResetShape, access=OPEN),
    "auth.reset": Operation("Choose a new password by a link, and sign in", body=auth.PasswordReset, data=people.UserShape, access=OPEN, errors=[errors.NotFound]),
    "sessions.index": Operation("Where one is signed in", data=people.SessionShape, many=True),
    "sessions.end": Operation("End a session of one's own"),
    "sessions.end_others": Operation("End all but this one", data=people.EndedShape),
    "invitations.index": Operation("Invitations", data=people.InvitationShape, many=True, access=ADMINISTRATOR),
    "invitations.make": Operation("Invite somebody; the link is told this once", body=invitations.NewInvitation, data=people.NewInvitationShape, status=201, access=ADMINISTRATOR, errors=[errors.Conflict]),
    "invitations.show": Operation("What a link invites to", data=people.OpenInvitationShape, access=OPEN),
    "invitations.withdraw": Operation("Withdraw an invitation", access=ADMINISTRATOR, errors=[errors.Conflict]),
    "users.index": Operation("Everybody's accounts", data=people.PersonShape, many=True, query=[users.Wanted, Paging], access=ADMINISTRATOR),
    "users.show": Operation("An account", data=people.PersonShape, access=ADMINISTRATOR),
    "users.change": Operation("Change a name or a role, suspend or resume an account", body=users.Change, data=people.PersonShape, access=ADMINISTRATOR, errors=[errors.Conflict]),
    "users.delete": Operation("Delete an account", query=[users.HandedOver], access=ADMINISTRATOR, errors=[errors.Conflict]),
    "users.reset_link": Operation("Make a link by which somebody chooses a new password", data=people.ResetLinkShape, status=201, access=ADMINISTRATOR),
    "audit.index": Operation("What was done, the latest first", data=people.EventShape, many=True, query=[audit.Wanted, Paging], access=ADMINISTRATOR, beside={"actions": list[str]}),
    "audit.export": Operation("All of it as a file", query=[audit.Wanted, audit.Exported], access=ADMINISTRATOR, content=["text/csv", "application/jsonl"]),
    "single_sign_on.begin": Operation("Go to the identity provider", query=[single_sign_on.Next], status=303, content=["text/html"], access=OPEN, errors=[errors.NotFound]),
    "single_sign_on.finish": Operation("Come back from it, and be signed in", query=[single_sign_on.Returned], status=303, content=["text/html"], access=OPEN, errors=[errors.NotFound]),
    "keys.index": Operation("One's own API keys", data=people.KeyShape, many=True),
    "keys.make": Operation("Make an API key; the secret is told this once", body=keys.NewKey, data=people.NewKeyShape, status=201),
    "keys.revoke": Operation("End an API key", errors=[errors.NotFound]),

    "collections.index": Operation("Collections that one may see", data=people.CollectionShape, many=True),
    "collections.create": Operation("Make a collection", body=collections.Name, data=people.CollectionShape, status=201, errors=[errors.Conflict]),
    "collections.rename": Operation("Rename a collection", body=collections.Name, data=people.CollectionShape, errors=[errors.Conflict]),
    "collections.delete": Operation("Delete a collection and all in it", errors=[errors.Conflict]),
    "collections.members": Operation("Who may see a collection", data=people.MemberShape, many=True),
    "collections.put_member": Operation("Let somebody see or change a collection", body=collections.Membership, data=people.MemberShape, errors=[errors.Conflict]),
    "collections.remove_member": Operation("Take somebody's access away", errors=[errors.Conflict]),
    "folders.index": Operation("Folders of the server's disk that a collection follows", data=people.FolderShape, many=True),
    "folders.watch": Operation("Have a collection follow a folder", body=folders.Folder, data=people.FolderShape, status=201, errors=[errors.Conflict]),
    "folders.stop": Operation("Follow a folder no longer"),

    "documents.upload": Operation("Take files in, or a web page by its address", form=Form("files", ["collection_id"]), body=documents.WebPageBody, data=library.UploadShape, many=True, status=202, errors=[*_TAKING_IN, errors.CollectionNotFound]),
    "documents.index": Operation("Documents that one may see", data=library.DocumentShape, many=True, query=[documents.Wanted, Paging]),
    "documents.show": Operation("A document", data=library.DocumentShape),
    "documents.delete": Operation("Delete a document, its passages and its file"),
    "documents.content": Operation("The file as it came, or its text", query=[documents.Form], content=["*/*"]),
    "documents.passages": Operation("Its passages in the order of the text", data=library.PassageShape, many=True, query=[documents.Around, Paging]),
    "documents.images": Operation("The pictures within it", data=library.PictureShape, many=True),
    "documents.image": Operation("One of them", query=[documents.Size], content=["image/webp"]),
    "documents.retry": Operation("Index a failed or cancelled document again", data=library.JobShape, status=202, errors=[errors.Conflict]),
    "jobs.show": Operation("An indexing job", data=library.JobShape),
    "jobs.cancel": Operation("Cancel a job", data=library.JobShape, errors=[errors.Conflict]),
    "jobs.events": Operation("The job at each change, until it has ended", events={"job": library.JobShape}),
    "room.show": Operation("How much one keeps, and may keep", data=library.RoomShape),
    "jobs.status": Operation("How many documents are in which state", data=library.IndexingShape, query=[OfCollection]),
    "search.find": Operation("Find passages", data=library.HitShape, many=True, query=[search.Wanted], beside=_BESIDE_HITS, errors=[errors.CollectionNotFound]),

    "chat.ask": Operation("Ask a question; the answer streams", body=chat.Ask, events=_EVENTS, errors=[errors.ConversationNotFound, errors.Conflict]),
    "conversations.index": Operation("One's conversations, pinned ones first, then the newest", data=talk.ConversationShape, many=True, query=[conversations.Wanted, Paging]),
    "conversations.show": Operation("A conversation", data=talk.ConversationShape),
    "conversations.update": Operation("Rename or pin a conversation", body=conversations.Changes, data=talk.ConversationShape),
    "conversations.delete": Operation("Delete a conversation"),
    "conversations.messages": Operation("Its messages", data=talk.MessageShape, many=True, query=[conversations.Ordered, Paging]),
    "conversations.export": Operation("A conversation as a file", query=[conversations.Exported], content=["text/markdown", "application/json"]),
    "feedback.rate": Operation("A thumb and a word on an answer", body=feedback.Rating, data=talk.MessageShape, errors=[errors.MessageNotFound]),
    "feedback.opened": Operation("Note that a citation was opened", body=feedback.Opened, errors=[errors.MessageNotFound]),

    "evaluation.overview": Operation("Test questions of a collection, and today's settings", data=judged.OverviewShape, query=[evaluation.OneCollection], access=ADMINISTRATOR, errors=[errors.CollectionNotFound]),
    "evaluation.index": Operation("Test questions, the newest first", data=judged.QuestionShape, many=True, query=[evaluation.Wanted, Paging], access=ADMINISTRATOR, errors=[errors.CollectionNotFound]),
    "evaluation.add": Operation("Add a test question", body=evaluation.NewQuestion, data=judged.QuestionShape, status=201, access=ADMINISTRATOR, errors=[errors.PassageNotFound, errors.QuestionExists]),
    "evaluation.change": Operation("Change a test question", body=evaluation.ChangedQuestion, data=judged.QuestionShape, access=ADMINISTRATOR, errors=[errors.PassageNotFound, errors.QuestionExists]),
    "evaluation.delete": Operation("Delete a test question", access=ADMINISTRATOR),
    "evaluation.offers": Operation("Questions that may become test questions", data=judged.OfferShape, many=True, query=[evaluation.OneCollection, Paging], access=ADMINISTRATOR, errors=[errors.CollectionNotFound]),
    "evaluation.accept": Operation("Make an offered question a test question", body=evaluation.Accepted, data=judged.QuestionShape, status=201, access=ADMINISTRATOR, errors=[errors.PassageNotFound, errors.QuestionExists]),
    "evaluation.dismiss": Operation("Offer a question no more", access=ADMINISTRATOR),
    "evaluation.take_in": Operation("Take a test set in", form=Form("files", ["name"]), data=judged.ImportedShape, status=202, access=ADMINISTRATOR, errors=[errors.FileTooLarge, errors.IncompleteUpload, errors.DocumentRefused, errors.Conflict, errors.StorageFull]),
    "evaluation.runs": Operation("Runs, the newest first", data=judged.RunShape, many=True, query=[evaluation.OneCollection, evaluation.RunPaging], access=ADMINISTRATOR, errors=[errors.CollectionNotFound]),
    "evaluation.start": Operation("Compare today's settings with others", body=evaluation.NewRun, data=judged.RunShape, status=202, access=ADMINISTRATOR, errors=[errors.CollectionNotFound, errors.Conflict]),
    "evaluation.show_run": Operation("A run", data=judged.RunShape, access=ADMINISTRATOR),
    "evaluation.delete_run": Operation("Delete a run", access=ADMINISTRATOR, errors=[errors.Conflict]),
    "evaluation.cancel": Operation("Cancel a run", data=judged.RunShape, access=ADMINISTRATOR, errors=[errors.Conflict]),
    "evaluation.results": Operation("What each question found, those that changed most first", data=judged.ResultShape, many=True, query=[evaluation.Changed, Paging], access=ADMINISTRATOR),

    "mcp.answer": Operation("The Model Context Protocol over HTTP, with an API key", errors=[errors.InvalidRequest], content=["application/json", "text/event-stream"], also=[202]),
    "openai.complete": Operation("OpenAI's chat completions: an answer from the documents", body=Completion, plain=protocol.CompletionShape, events={"chunk": protocol.ChunkShape}, errors=[errors.ModelNotFound, errors.ModelUnavailable]),
    "openai.index": Operation("The models that programs choose from", plain=protocol.ModelsShape),
    "openai.show": Operation("One of them", plain=protocol.ModelShape),
}
# fmt: on
