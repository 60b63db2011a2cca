"""The one tree of errors that people and programs see.

Every error has a stable ``error_code``, an HTTP status and a sentence that says what a
person can do about it. Drivers' exceptions are translated into these where they are caught.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Self


class AppError(Exception):
    """Base of all expected failures; anything else is a defect and becomes a 500."""

    status: int = 500
    error_code: str = "INTERNAL_ERROR"
    error: str = "Internal error"
    message: str = "Something went wrong on the server. Try again; if it stays, tell the administrator the request id."
    retryable: bool = False
    retry_after: int = 1  # seconds, for what is retryable or beyond a limit

    def __init__(self, message: str | None = None, *, details: Mapping[str, object] | None = None):
        self.message = message or type(self).message
        self.details = dict(details or {})
        super().__init__(self.message)


# --- what the caller sent ---------------------------------------------------------------


class InvalidRequest(AppError):
    status, error_code, error = 400, "INVALID_REQUEST", "Invalid request"
    message = "The request is not valid. Check the fields and send it again."


class InvalidJson(InvalidRequest):
    error_code, error = "INVALID_JSON", "Invalid JSON"
    message = "The body is not a JSON object. Send one, in UTF-8, with Content-Type: application/json."


class UnsupportedParameter(InvalidRequest):
    error_code, error = "UNSUPPORTED_PARAMETER", "Unsupported parameter"
    message = "A parameter of the request is not supported here. Leave it out."


class UnsupportedMediaType(AppError):
    status, error_code, error = 415, "UNSUPPORTED_MEDIA_TYPE", "Unsupported media type"
    message = "Send the body in the format that this address expects."


class RequestTooLarge(AppError):
    status, error_code, error = 413, "REQUEST_TOO_LARGE", "Too large"
    message = "The request is larger than this server accepts."


class FileTooLarge(RequestTooLarge):
    error_code, error = "FILE_TOO_LARGE", "File too large"
    message = "The file is larger than this server accepts. Split it, or ask the administrator for a higher limit."


class RequestTimeout(InvalidRequest):
    status, error_code, error = 408, "REQUEST_TIMEOUT", "Request too slow"
    message = "The request came too slowly and was given up. Send it again over a faster connection."


class IncompleteUpload(InvalidRequest):
    error_code, error = "INCOMPLETE_UPLOAD", "Incomplete upload"
    message = "The upload broke off before the file was complete. Send it again."


# --- who asks ---------------------------------------------------------------------------


class NotSignedIn(AppError):
    status, error_code, error = 401, "NOT_SIGNED_IN", "Not signed in"
    message = "Sign in and try again."


class WrongCredentials(NotSignedIn):
    error_code, error = "WRONG_CREDENTIALS", "Wrong email or password"
    message = "The email or the password is not right. Check both and try again."


class InvalidKey(NotSignedIn):
    error_code, error = "INVALID_API_KEY", "Invalid API key"
    message = "This API key is not valid: it is wrong, was revoked, or has expired. Make a new one in the settings."


class Forbidden(AppError):
    status, error_code, error = 403, "FORBIDDEN", "Not allowed"
    message = "Your account may not do this. Ask an administrator or the owner."


class WrongPassword(Forbidden):
    error_code, error = "WRONG_PASSWORD", "Wrong password"
    message = "The present password is not right. Type it again."


class WrongInvitation(Forbidden):
    error_code, error = "WRONG_INVITATION", "For another address"
    message = "This invitation is for another email address. Use the one that it was sent to."


class FolderNotAllowed(Forbidden):
    error_code, error = "FOLDER_NOT_ALLOWED", "Folder not allowed"
    message = "This folder may not be watched. Name one within those of LIKEOPT_WATCH_ROOTS, or use `likeopt watch`."


class CrossSiteRequest(Forbidden):
    error_code, error = "CROSS_SITE_REQUEST", "Cross-site request refused"
    message = "The request came from another site and was refused. Open Like-Opt itself and try again."


class KeyMayNot(Forbidden):
    error_code, error = "KEY_MAY_NOT", "Not with this API key"
    message = "This API key may not do this. Use one that has the scope for it."


class PasswordSignInOff(Forbidden):
    error_code, error = "PASSWORD_SIGN_IN_OFF", "No passwords here"
    message = "Passwords are not used here. Sign in by your organisation's button."


class SignInRefused(Forbidden):
    error_code, error = "SIGN_IN_REFUSED", "Sign-in refused"
    message = "The sign-in could not be confirmed. Try again; if it stays, tell the administrator."


class SignInExpired(SignInRefused):
    error_code, error = "SIGN_IN_EXPIRED", "Sign-in expired"
    message = "The sign-in took too long, or was begun again in another tab. Try again."


class AddressNotVerified(SignInRefused):
    error_code, error = "ADDRESS_NOT_VERIFIED", "Address not verified"
    message = "Your provider has not confirmed your email address. Confirm it there, then sign in again."


class AddressNotAllowed(SignInRefused):
    error_code, error = "ADDRESS_NOT_ALLOWED", "Address not allowed"
    message = "People with your email address may not sign in here. Ask an administrator."


class NoAccount(SignInRefused):
    error_code, error = "NO_ACCOUNT", "No account"
    message = "There is no account for you here. Ask an administrator for one."


class AccountSuspended(SignInRefused):
    error_code, error = "ACCOUNT_SUSPENDED", "Account suspended"
    message = "Your account is suspended. Ask an administrator."


class IdentityTaken(SignInRefused):
    error_code, error = "IDENTITY_TAKEN", "Address belongs to another"
    message = "The account with your email address belongs to somebody else at your provider. Ask an administrator."


class RegistrationClosed(Forbidden):
    error_code, error = "REGISTRATION_CLOSED", "Registration is closed"
    message = "New accounts are made by invitation here. Ask an administrator for one."


# --- what is not there, or already is ---------------------------------------------------


class NotFound(AppError):
    status, error_code, error = 404, "NOT_FOUND", "Not found"
    message = "There is nothing at this address, or you may not see it."


class FolderNotFound(NotFound):
    error_code, error = "FOLDER_NOT_FOUND", "Folder not found"
    message = "This folder is not watched, or not there."


class DocumentNotFound(NotFound):
    error_code, error = "DOCUMENT_NOT_FOUND", "Document not found"
    message = "This document does not exist, was deleted, or belongs to somebody else."


class PictureNotFound(NotFound):
    error_code, error = "IMAGE_NOT_FOUND", "Image not found"
    message = "The document has no such image, or it cannot be shown."


class CollectionNotFound(NotFound):
    error_code, error = "COLLECTION_NOT_FOUND", "Collection not found"
    message = "This collection does not exist, was deleted, or belongs to somebody else."


class ConversationNotFound(NotFound):
    error_code, error = "CONVERSATION_NOT_FOUND", "Conversation not found"
    message = "This conversation does not exist, was deleted, or belongs to somebody else."


class MessageNotFound(NotFound):
    error_code, error = "MESSAGE_NOT_FOUND", "Message not found"
    message = "This message does not exist, was deleted, or belongs to somebody else."


class JobNotFound(NotFound):
    error_code, error = "JOB_NOT_FOUND", "Job not found"
    message = "This job does not exist, or belongs to somebody else."


class UserNotFound(NotFound):
    error_code, error = "USER_NOT_FOUND", "User not found"
    message = "There is no account with this email. Ask the person to make one first."


class SessionNotFound(NotFound):
    error_code, error = "SESSION_NOT_FOUND", "Session not found"
    message = "You have no such session, or it has ended already. Reload the list."


class PassageNotFound(NotFound):
    error_code, error = "PASSAGE_NOT_FOUND", "Passage not found"
    message = (
        "A passage that was named is not in this collection any more, or belongs to somebody else. Search for it again."
    )


class ModelNotFound(NotFound):
    error_code, error = "MODEL_NOT_FOUND", "Model not found"
    message = "There is no model of this name. GET /v1/models lists those that there are."


class KeyNotFound(NotFound):
    error_code, error = "KEY_NOT_FOUND", "API key not found"
    message = "You have no such API key, or it has been revoked already."


class QuestionNotFound(NotFound):
    error_code, error = "QUESTION_NOT_FOUND", "Question not found"
    message = "This test question does not exist, was deleted, or belongs to a collection that you may not see."


class RunNotFound(NotFound):
    error_code, error = "RUN_NOT_FOUND", "Run not found"
    message = "This run does not exist, was deleted, or belongs to a collection that you may not see."


class InvitationNotFound(NotFound):
    error_code, error = "INVITATION_NOT_FOUND", "Invitation not valid"
    message = "This invitation does not exist, was used already, or has expired. Ask for a new one."


class ResetLinkNotFound(NotFound):
    error_code, error = "RESET_LINK_NOT_FOUND", "Link not valid"
    message = "This link does not exist, was used already, or has expired. Ask an administrator for a new one."


class MethodNotAllowed(AppError):
    status, error_code, error = 405, "METHOD_NOT_ALLOWED", "Method not allowed"
    message = "This address does not answer to that method."


class Conflict(AppError):
    status, error_code, error = 409, "CONFLICT", "Conflict"
    message = "This does not fit with what is already there. Reload and try again."


class AnsweredAnew(Conflict):
    error_code, error = "ANSWERED_ANEW", "Answered anew"
    message = "This question was asked again meanwhile, and has that answer now. Reload the conversation."


class EmailTaken(Conflict):
    error_code, error = "EMAIL_TAKEN", "Email already in use"
    message = "There is already an account with this email. Sign in instead."


class LastAdministrator(Conflict):
    error_code, error = "LAST_ADMINISTRATOR", "Last administrator"
    message = "There has to be an administrator. Make somebody else one first."


class OwnAccount(Conflict):
    error_code, error = "OWN_ACCOUNT", "Your own account"
    message = "You cannot lock yourself out. Ask another administrator, or use `likeopt user`."


class NameTaken(Conflict):
    error_code, error = "NAME_TAKEN", "Name already in use"
    message = "You already have one with this name. Choose another name."


class QuestionExists(Conflict):
    error_code, error = "QUESTION_EXISTS", "Question already there"
    message = "This collection has a test question of these words already. Change that one instead."


class ProviderUnavailable(AppError):
    status, error_code, error = 503, "PROVIDER_UNAVAILABLE", "Provider unavailable"
    message = "The identity provider does not answer. Try again in a moment."
    retryable = True


class ProviderMisconfigured(AppError):
    status, error_code, error = 502, "PROVIDER_MISCONFIGURED", "Provider misconfigured"
    message = "The identity provider is not the one that this server was told of. Ask the administrator to check LIKEOPT_OIDC_ISSUER."


class RateLimited(AppError):
    status, error_code, error = 429, "RATE_LIMITED", "Too many requests"
    message = "Too many requests. Wait a moment and try again."
    retryable = True

    @classmethod
    def after(cls, seconds: float) -> Self:
        """Return one that says when to try again."""
        wait = max(1, math.ceil(seconds))
        error = cls(f"Too many requests. Try again in {wait} s.")
        error.retry_after = wait
        return error


class QuotaExceeded(AppError):
    status, error_code, error = 429, "QUOTA_EXCEEDED", "No room left"
    message = "There is no room for this file: the limit of what may be kept is reached. Delete documents, or ask the administrator for more room."
    retry_after = 3600


class QueueFull(AppError):
    status, error_code, error = 429, "QUEUE_FULL", "Too many documents waiting"
    message = "Too many documents are waiting to be read. Nothing was stored; send it again in a minute."
    retryable = True
    retry_after = 60


# --- documents that cannot be indexed ---------------------------------------------------


class DocumentRefused(AppError):
    """A file that cannot become passages; its job fails with this reason, nothing else stops."""

    status, error_code, error = 422, "DOCUMENT_REFUSED", "Document refused"
    message = "This file cannot be indexed."


class UnsupportedDocument(DocumentRefused):
    status, error_code, error = 415, "UNSUPPORTED_TYPE", "Unsupported file type"
    message = "This kind of file is not supported. Convert it to PDF, DOCX or text and try again."


class EmptyDocument(DocumentRefused):
    error_code, error = "EMPTY_FILE", "Empty file"
    message = "The file is empty."


class NoTextLayer(DocumentRefused):
    error_code, error = "NO_TEXT_LAYER", "No text layer"
    message = "The file has no text that can be read: it is probably a scan. Run text recognition on it first, or ask the administrator to install Tesseract on the server."


class TooManyScans(DocumentRefused):
    error_code, error = "TOO_MANY_SCANS", "Too many scanned pages"
    message = "The file has more scanned pages than are recognised in one document. Split it into smaller files."


class PasswordProtected(DocumentRefused):
    error_code, error = "PASSWORD_PROTECTED", "Password-protected"
    message = "The file is protected by a password. Save a copy without the password and upload that."


class NothingInArchive(DocumentRefused):
    error_code, error = "NOTHING_IN_ARCHIVE", "Nothing in the archive"
    message = "No file in the archive can be taken. Unpack it and add the files that you need."


class BrokenDocument(DocumentRefused):
    error_code, error = "BROKEN_FILE", "Broken file"
    message = "The file is damaged or not what its name says. Open and save it again in its own program, then upload the new copy."


class DocumentTooComplex(DocumentRefused):
    error_code, error = "DOCUMENT_TOO_COMPLEX", "Too much for one document"
    message = "Reading the file took more memory or time than one document may use. Split it into smaller files."


class WebPageRefused(AppError):
    """An address that is not to be fetched, whoever asks."""

    status, error_code, error = 422, "WEB_PAGE_REFUSED", "Address refused"
    message = "This is no address of a web page. Write it like https://example.com/page."


class WebPageUnreachable(AppError):
    status, error_code, error = 422, "WEB_PAGE_UNREACHABLE", "Page not reachable"
    message = "The page's server does not answer. Check the address, or try again later."
    retryable = True


# --- parts that are away ----------------------------------------------------------------


class Unavailable(AppError):
    status, error_code, error = 503, "UNAVAILABLE", "Temporarily unavailable"
    message = "A part of the server is not answering. Try again in a moment."
    retryable = True


class Restarting(Unavailable):
    error_code, error = "RESTARTING", "Server restarting"
    message = "The server is restarting and could not finish. What had arrived is kept; try again."


class StorageUnavailable(Unavailable):
    error_code, error = "STORAGE_UNAVAILABLE", "Storage unavailable"
    message = "The database is not answering. Nothing was changed; try again in a moment."


class StorageFull(Unavailable):
    status, error_code, error = 507, "STORAGE_FULL", "Disk full"
    message = "The server's disk is full. Nothing was stored; free some space and try again."
    retryable = False


class SearchUnavailable(Unavailable):
    error_code, error = "SEARCH_UNAVAILABLE", "Search unavailable"
    message = "Neither search index is answering. Try again in a moment."


class EmbedderUnavailable(SearchUnavailable):
    error_code, error = "EMBEDDER_UNAVAILABLE", "Embedder unavailable"
    message = "What turns texts into vectors is not there. Check the settings that begin with LIKEOPT_EMBEDDING."


class ModelUnavailable(Unavailable):
    error_code, error = "MODEL_UNAVAILABLE", "Language model unavailable"
    message = "The language model is not answering. Try again, or check its address and key in the settings."


class ModelTimeout(ModelUnavailable):
    status, error_code, error = 504, "MODEL_TIMEOUT", "Language model too slow"
    message = "The language model took too long. Try again, or use a smaller model."


class ConfigError(AppError):
    """A setting that cannot be used; raised at start, never in a request."""

    error_code, error = "CONFIG_ERROR", "Wrong setting"


class BackupFailed(AppError):
    error_code, error = "BACKUP_FAILED", "No backup was made"
    message = "No backup could be made."


class BackupDamaged(AppError):
    """A backup that is not what was written; nothing of it is used."""

    error_code, error = "BACKUP_DAMAGED", "Damaged backup"
    message = "This backup is damaged. Take another one."


class RestoreRefused(AppError):
    error_code, error = "RESTORE_REFUSED", "Not restored"
    message = "This backup cannot be restored here."
