"""Accounts: register, sign in and out."""

from __future__ import annotations

from flask import Blueprint, Response, request

from backend.app.api import serialise
from backend.app.api.body import Body, parse
from backend.app.api.context import current_user, optional_user, record, require_sessions, services, sign_in, sign_out
from backend.app.api.envelope import answer
from backend.app.domain.audit import Action, Target
from backend.app.errors import WrongCredentials


class Registration(Body):
    email: str
    password: str
    name: str = ""


class Credentials(Body):
    email: str
    password: str


def blueprint() -> Blueprint:
    auth = Blueprint("auth", __name__, url_prefix="/auth")
    auth.post("/register")(register)
    auth.post("/login")(login)
    auth.post("/logout")(logout)
    auth.get("/me")(me)
    return auth


def register() -> Response:
    body = parse(Registration)
    require_sessions()  # before there is an account
    user = services().accounts.register(body.email, body.password, body.name)
    sign_in(user)
    record(Action.REGISTERED, Target("user", user.id, user.email), role=user.role.value)
    return answer(serialise.user(user), 201)


def login() -> Response:
    body = parse(Credentials)
    require_sessions()
    try:
        with services().guesses.attempt(body.email, request.remote_addr or ""):
            user = services().accounts.sign_in(body.email, body.password)
    except WrongCredentials:
        known = services().accounts.known(body.email)
        # An address that nobody has is not written down: it may be a password in the wrong field.
        record(Action.SIGN_IN_FAILED, Target("user", known.id, known.email) if known else None)
        raise
    sign_in(user)
    record(Action.SIGNED_IN)
    return answer(serialise.user(user))


def logout() -> Response:
    require_sessions()
    user = optional_user()
    sign_out()
    if user is not None:
        record(Action.SIGNED_OUT, actor=user)
    return answer()


def me() -> Response:
    return answer(serialise.user(current_user()))
