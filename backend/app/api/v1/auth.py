"""Accounts: register, sign in and out."""

from __future__ import annotations

from flask import Blueprint, Response

from backend.app.api import serialise
from backend.app.api.body import Body, parse
from backend.app.api.context import current_user, require_sessions, services, sign_in, sign_out
from backend.app.api.envelope import answer


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
    return answer(serialise.user(user), 201)


def login() -> Response:
    body = parse(Credentials)
    require_sessions()
    user = services().accounts.sign_in(body.email, body.password)
    sign_in(user)
    return answer(serialise.user(user))


def logout() -> Response:
    require_sessions()
    sign_out()
    return answer()


def me() -> Response:
    return answer(serialise.user(current_user()))
