"""A shared collection with something of every kind in it, and people of every role around it."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable, Mapping

from backend.app.domain.accounts import Role
from backend.app.domain.keys import Scope
from backend.app.storage.repositories.users import SqlUsers
from tests.integration.api.calls import Answer, Caller
from tests.integration.api.conftest import PASSWORD, World
from tests.integration.api.route_expectations import ROLES, Row

SECRET = "The ferry to Oakhaven leaves the northern pier at seven in the morning."
_NAME = re.compile(r"\{(\w+)\}")
_numbers = itertools.count(1)


class RoleLibrary:
    """Knows what the names in a row's path and body stand for.

    What begins with ``spare_`` is made anew after somebody has used it up.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self.owner = world.person("owner")
        self.people = {
            "nobody": world.nobody(),
            "stranger": world.person("stranger"),
            "reader": world.person("reader"),
            "editor": world.person("editor"),
            "owner": self.owner,
            "administrator": self._administrator(),
        }
        upload = self.owner.upload(("harbour.txt", SECRET.encode()))
        world.index(upload)
        self._names: dict[str, object] = {
            "document": upload.data[0]["document"]["id"],
            "job": upload.data[0]["job"]["id"],
            "collection": self.owner.collection_id,
            "owner": self.owner.user["id"],
            "owner_email": self.owner.user["email"],
            "administrator": self.people["administrator"].user["id"],
            "reset_token": world.services.people.reset_link(self.people["reader"].user["id"])[0],
            "invitation_token": world.services.invitations.make(None, email=None, role=Role.MEMBER)[1],
            "password": PASSWORD,
            "folder_path": str(world.settings.data_dir.parent),
        }
        self._names["passage"] = self.owner.get(self.filled("/documents/{document}/passages")).data[0]["id"]
        self._names["conversation"], self._names["answer"] = self.owner.asked("When does the ferry leave?")
        self._evaluate()
        for name in ("reader", "editor"):
            self._share(self.owner.collection_id, self.people[name], name)
        self._suspend()

    def ask(self, role: str, row: Row, headers: Mapping[str, str] | None = None) -> Answer:
        """Send a row's request as somebody of that role."""
        asking = self.people[role]
        if row.ends_session and role in ROLES and role != "nobody":
            asking = self._another_session(asking)
        path, body = self.filled(row.path, asking), self._filled_body(row, asking)
        if row.upload:
            answer = _sent_with_file(asking, path, row.upload, body or {})
        else:
            path, send = (path[1:], asking.whole) if path.startswith("//") else (path, asking.call)
            answer = send(row.method, path, json=body, headers=headers)
        if answer.status < 300 and row.method != "GET":
            self._forget_spare(f"{row.path} {row.body}")
        return answer

    def filled(self, text: str, asking: Caller | None = None) -> str:
        return _NAME.sub(lambda found: str(self._named(found[1], asking)), text)

    # --- names ----------------------------------------------------------------------------

    def _named(self, name: str, asking: Caller | None) -> object:
        if name.startswith("new_"):
            return f"new{next(_numbers)}@example.org"
        if name == "own_email":
            return asking.user.get("email", "nobody@example.org") if asking else ""
        if name not in self._names and name.startswith("spare_"):
            make: Callable[[], object] = getattr(self, f"_{name}")
            self._names[name] = make()
        return self._names[name]

    def _filled_body(self, row: Row, asking: Caller) -> dict[str, object] | None:
        if row.body is None:
            return None

        def filled(value: object) -> object:
            if isinstance(value, list):
                return [filled(item) for item in value]
            whole = _NAME.fullmatch(value) if isinstance(value, str) else None
            if whole:
                return self._named(whole[1], asking)
            return self.filled(value, asking) if isinstance(value, str) else value

        return {name: filled(value) for name, value in row.body.items()}

    def _forget_spare(self, text: str) -> None:
        for name in _NAME.findall(text):
            if name.startswith("spare_"):
                self._names.pop(name, None)

    # --- what is made ---------------------------------------------------------------------

    def _spare_document(self) -> object:
        upload = self.owner.upload((f"spare{next(_numbers)}.txt", f"Spare {next(_numbers)}".encode()))
        return upload.data[0]["document"]["id"]

    def _spare_collection(self) -> object:
        made = self.owner.post("/collections", {"name": f"Spare {next(_numbers)}"}).data["id"]
        for name in ("reader", "editor"):
            self._share(made, self.people[name], name)
        return made

    def _spare_member(self) -> object:
        guest = self._world.person("guest")
        self._share(self.owner.collection_id, guest, "reader")
        return guest.user["id"]

    def _spare_conversation(self) -> object:
        return self.owner.asked("When does the ferry leave?")[0]

    def _spare_answer(self) -> object:
        return self.owner.asked("When does the ferry leave?")[1]

    def _spare_session(self) -> object:
        again = self._another_session(self.owner)
        (made,) = [item["id"] for item in again.get("/auth/sessions").data if item["current"]]
        return made

    def _spare_invitation(self) -> object:
        return self._world.services.invitations.make(None, email=None, role=Role.MEMBER)[0].id

    def _spare_user(self) -> object:
        return self._world.person("leaver").user["id"]

    def _share(self, collection_id: str, member: Caller, access: str) -> None:
        body = {"email": member.user["email"], "access": access}
        assert self.owner.put(f"/collections/{collection_id}/members", body).status == 200

    def _administrator(self) -> Caller:
        caller = self._world.person("administrator")
        SqlUsers(self._world.parts.database).set_role(caller.user["id"], Role.ADMINISTRATOR)
        self._world.parts.access.advance()
        return caller

    def _evaluate(self) -> None:
        """Have the administrator make what he may not see any more once he is a member no longer."""
        administrator, collection = self.people["administrator"], self.owner.collection_id
        self._share(collection, administrator, "owner")
        question = {"collection_id": collection, "text": "When?", "passage_ids": [self._names["passage"]]}
        self._names["question"] = administrator.post("/evaluation/questions", question).data["id"]
        run = {"collection_id": collection, "mode": "bm25"}
        self._names["run"] = administrator.post("/evaluation/runs", run).data["id"]
        folder = administrator.post(f"/collections/{collection}/folders", {"path": self._names["folder_path"]})
        self._names["folder"] = folder.data["id"]
        left = administrator.delete(f"/collections/{collection}/members/{administrator.user['id']}")
        assert left.status == 200, left.body

    def _suspend(self) -> None:
        """Add an editor who is suspended: the browser that he was signed in with, and a key of his."""
        editor = self._world.person("suspended")
        self._share(self.owner.collection_id, editor, "editor")
        scopes = [scope.value for scope in Scope if scope is not Scope.ADMIN]
        secret = editor.post("/keys", {"name": "of one who is suspended", "scopes": scopes}).data["key"]
        program = self._world.nobody()
        program.flask.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {secret}"
        for asking in (editor, program):
            assert self.owner.collection_id in asking.get("/collections").ids
        change = self.people["administrator"].patch(f"/users/{editor.user['id']}", {"suspended": True})
        assert change.status == 200, change.body
        self.people.update(suspended=editor, suspended_key=program)

    def _another_session(self, person: Caller) -> Caller:
        again = self._world.nobody()
        signed_in = again.post("/auth/login", {"email": person.user["email"], "password": PASSWORD})
        again.user = signed_in.data
        return again


def _sent_with_file(asking: Caller, path: str, name: str, fields: dict[str, object]) -> Answer:
    boundary = "matrix"
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'
        for key, value in fields.items()
    ]
    parts.append(f'--{boundary}\r\nContent-Disposition: form-data; name="files"; filename="{name}"\r\n\r\nA note.\r\n')
    body = "".join([*parts, f"--{boundary}--\r\n"]).encode()
    return asking.call("POST", path, data=body, content_type=f"multipart/form-data; boundary={boundary}")


def code_of(answer: Answer) -> str:
    """Return the error code of a failure; nothing of what went well."""
    if answer.status < 400:
        return ""
    said = json.loads(answer.body)
    return str(said["error_code"] if "error_code" in said else said["error"]["code"].upper())  # OpenAI's shape
