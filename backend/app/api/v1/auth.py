"""Accounts: register, sign in and out, and change what is one's own."""

from __future__ import annotations

from flask import Blueprint, Response

from backend.app.api import serialise
from backend.app.api.body import Body, parse
from backend.app.api.context import (
    address,
    current_user,
    optional_user,
    record,
    services,
    sign_in,
    sign_out,
)
from backend.app.api.envelope import answer
from backend.app.api.v1.single_sign_on import sign_out_address
from backend.app.domain.accounts import User
from backend.app.domain.audit import Action, Target
from backend.app.errors import WrongCredentials, WrongPassword


class Registration(Body):
    email: str
    password: str
    name: str = ""
    invitation: str | None = None


class Credentials(Body):
    email: str
    password: str


class Name(Body):
    name: str


class PasswordChange(Body):
    current: str
    new: str


class PasswordReset(Body):
    token: str
    password: str


def blueprint() -> Blueprint:
    auth = Blueprint("auth", __name__, url_prefix="/auth")
    auth.post("/register")(register)
    auth.post("/login")(login)
    auth.post("/logout")(logout)
    auth.get("/me")(me)
    auth.patch("/me")(rename)
    auth.post("/password")(change_password)
    auth.get("/reset/<token>")(show_reset)
    auth.post("/reset")(reset)
    return auth


def register() -> Response:
    body = parse(Registration)
    user = services().accounts.register(body.email, body.password, body.name, body.invitation)
    sign_in(user)
    record(Action.REGISTERED, account(user), role=user.role.value, invited=body.invitation is not None)
    return answer(serialise.user(user), 201)


def login() -> Response:
    body = parse(Credentials)
    try:
        with services().guesses.attempt(body.email, address()):
            user = services().accounts.sign_in(body.email, body.password)
    except WrongCredentials:
        known = services().accounts.known(body.email)
        # An address that nobody has is not written down: it may be a password in the wrong field.
        record(Action.SIGN_IN_FAILED, account(known) if known else None)
        raise
    sign_in(user)
    record(Action.SIGNED_IN)
    return answer(serialise.user(user))


def logout() -> Response:
    user, elsewhere = optional_user(), sign_out_address()
    sign_out()
    if user is not None:
        record(Action.SIGNED_OUT, actor=user)
    return answer({"sign_out_address": elsewhere} if elsewhere else None)


def me() -> Response:
    return answer(serialise.user(current_user()))


def rename() -> Response:
    before, body = current_user(), parse(Name)
    user = services().accounts.rename(before, body.name)
    record(Action.RENAMED, account(user), before=before.name, after=user.name)
    return answer(serialise.user(user))


def change_password() -> Response:
    user, body = current_user(), parse(PasswordChange)
    try:
        with services().guesses.attempt(user.email, address()):
            services().accounts.change_password(user, body.current, body.new)
    except WrongPassword:
        record(Action.SIGN_IN_FAILED, account(user), at="password change")
        raise
    sign_in(user)
    record(Action.PASSWORD_CHANGED, account(user))
    return answer(serialise.user(user))


def show_reset(token: str) -> Response:
    user = services().accounts.of_reset(token)
    return answer({"email": user.email, "name": user.name})


def reset() -> Response:
    body = parse(PasswordReset)
    user = services().accounts.reset_password(body.token, body.password)
    sign_in(user)
    record(Action.PASSWORD_RESET, account(user))
    return answer(serialise.user(user))


def account(user: User) -> Target:
    return Target("user", user.id, user.email)
