"""The settings in Chromium: one's own account, other people's, and the links that administrators hand over."""

from __future__ import annotations

import re
from collections.abc import Callable
from uuid import uuid4

import pytest
from playwright.sync_api import Locator, expect

from tests.e2e.window import PASSWORD, Window
from tests.services.client import EMAIL

NEW = "another long password"


@pytest.fixture
def administrator(open_window: Callable[..., Window]) -> Window:
    """A window of whoever has set the server up."""
    window = open_window()
    assert window.context.request.post("/api/v1/auth/login", data={"email": EMAIL, "password": PASSWORD}).ok
    return window


def signed_in(window: Window, email: str, password: str = PASSWORD) -> int:
    """Sign in by the API; return the status."""
    answer = window.context.request.post("/api/v1/auth/login", data={"email": email, "password": password})
    return answer.status


def me(window: Window) -> int:
    return window.context.request.get("/api/v1/auth/me").status


def person(window: Window, email: str) -> Locator:
    """Find somebody on the page of people."""
    window.page.get_by_role("searchbox", name=window.t("people.search")).fill(email)
    found = window.page.get_by_test_id("person")
    expect(found).to_have_count(1)
    expect(found).to_contain_text(email)
    return found


def act(window: Window, found: Locator, what: str) -> None:
    found.locator("lo-menu > button").click()
    window.page.get_by_role("menuitem", name=window.t(f"people.act.{what}"), exact=True).click()


def fill_password(window: Window, password: str) -> None:
    window.page.locator("input#password").fill(password)


@pytest.mark.parametrize("language", ["en", "ko"])
def test_a_colleague_comes_by_a_link(administrator: Window, open_window: Callable[..., Window], language: str) -> None:
    email = f"colleague-{uuid4().hex[:8]}@example.org"
    page = administrator.page
    page.goto("/settings/people")
    page.get_by_label(administrator.t("invitations.email")).fill(email)
    page.keyboard.press("Enter")
    link = page.get_by_role("textbox", name=administrator.t("link.label"), exact=True)
    expect(link).to_have_value(re.compile(r"/invite/[\w-]{32}$"))
    expect(page.get_by_test_id("invitation").filter(has_text=email)).to_be_visible()

    guest = open_window(language=language)
    guest.page.goto(link.input_value())
    expect(guest.page.get_by_role("heading", name=guest.t("sign_in.title.invite"))).to_be_visible()
    expect(guest.page.get_by_label(guest.t("sign_in.email"))).to_have_value(email)
    guest.page.get_by_label(guest.t("sign_in.name")).fill("Kim")
    fill_password(guest, PASSWORD)
    guest.button("sign_in.submit.invite").click()
    expect(guest.page.get_by_role("heading", name=guest.t("welcome.no_documents"))).to_be_visible()
    expect(guest.page).to_have_url(f"{guest.url}/")

    again = open_window()
    again.expect_console("status of 404")
    again.page.goto(link.input_value())
    expect(again.page.get_by_role("alert")).to_have_text(again.t("sign_in.invitation_ended"))
    page.reload()
    page.get_by_text(re.compile(r"earlier invitation")).click()
    expect(page.get_by_test_id("invitation").filter(has_text=email)).to_contain_text(
        administrator.t("invitations.status.used")
    )


def test_an_invitation_is_withdrawn(administrator: Window) -> None:
    email = f"withdrawn-{uuid4().hex[:8]}@example.org"
    page = administrator.page
    page.goto("/settings/people")
    page.get_by_label(administrator.t("invitations.email")).fill(email)
    page.keyboard.press("Enter")
    administrator.button("invitations.withdraw_of", name=email).click()
    expect(page.get_by_role("heading", name=administrator.t("invitations.invite"))).to_be_focused()
    expect(page.get_by_test_id("invitation").filter(has_text=email)).to_have_count(0)


def test_another_session_is_ended(window: Window, open_window: Callable[..., Window]) -> None:
    other = open_window(user_agent="Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) CriOS/140.0 Safari/604.1")
    email = window.context.request.get("/api/v1/auth/me").json()["data"]["email"]
    assert signed_in(other, email) == 200
    window.page.goto("/settings/account")
    expect(window.page.get_by_test_id("session")).to_have_count(2)
    expect(window.page.get_by_test_id("session").filter(has_text=window.t("sessions.current"))).to_have_count(1)
    window.button("sessions.end_of", name="Chrome on iPhone").click()
    expect(window.page.get_by_test_id("session")).to_have_count(1)
    assert (me(window), me(other)) == (200, 401)


def test_a_changed_password_ends_the_other_sessions(window: Window, open_window: Callable[..., Window]) -> None:
    other = open_window()
    email = window.context.request.get("/api/v1/auth/me").json()["data"]["email"]
    assert signed_in(other, email) == 200
    window.expect_console("status of 403")
    page, t = window.page, window.t
    page.goto("/settings/account")
    page.get_by_label(t("password.current")).fill("not the password")
    page.get_by_label(t("password.new")).fill(NEW)
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert").filter(has_text=t("error.WRONG_PASSWORD"))).to_be_visible()
    assert me(other) == 200
    page.get_by_label(t("password.current")).fill(PASSWORD)
    window.button("password.change").click()
    expect(page.get_by_text(t("password.changed"))).to_be_visible()
    expect(page.get_by_label(t("password.new"))).to_have_value("")
    assert (me(window), me(other)) == (200, 401)
    assert (signed_in(other, email), signed_in(other, email, NEW)) == (401, 200)


def test_a_name_is_changed(window: Window) -> None:
    window.page.goto("/settings/account")
    window.page.get_by_label(window.t("sign_in.name")).fill("Mina Park")
    window.button("profile.save").click()
    expect(window.page.locator(".account-button-name")).to_have_text("Mina Park")


def test_a_suspended_person_is_out_at_once_and_may_come_back(
    administrator: Window, open_window: Callable[..., Window]
) -> None:
    other = open_window()
    email = other.register("Bob")
    other.expect_console("status of 401")
    other.page.goto("/documents")
    administrator.page.goto("/settings/people")
    act(administrator, person(administrator, email), "suspend")
    expect(person(administrator, email)).to_contain_text(administrator.t("people.suspended"))
    other.page.goto("/search?q=ferry")
    expect(other.page.get_by_role("heading", name=other.t("sign_in.title.sign_in"))).to_be_visible()
    act(administrator, person(administrator, email), "resume")
    expect(person(administrator, email)).not_to_contain_text(administrator.t("people.suspended"))
    assert signed_in(other, email) == 200


def test_a_link_gives_a_new_password(administrator: Window, open_window: Callable[..., Window]) -> None:
    guest = open_window()
    email = guest.register("Forgetful")
    assert guest.context.request.post("/api/v1/auth/logout").ok
    administrator.page.goto("/settings/people")
    act(administrator, person(administrator, email), "reset")
    link = administrator.page.get_by_role("dialog").get_by_role(
        "textbox", name=administrator.t("link.label"), exact=True
    )
    expect(link).to_have_value(re.compile(r"/reset/[\w-]{32}$"))
    guest.page.goto(link.input_value())
    expect(guest.page.get_by_role("heading", name=guest.t("sign_in.title.reset"))).to_be_visible()
    fill_password(guest, NEW)
    guest.button("sign_in.submit.reset").click()
    expect(guest.page.get_by_role("heading", name=guest.t("welcome.no_documents"))).to_be_visible()
    assert signed_in(guest, email, NEW) == 200


def test_an_account_is_deleted_after_asking(administrator: Window, open_window: Callable[..., Window]) -> None:
    other = open_window()
    email = other.register("Leaver")
    administrator.page.goto("/settings/people")
    act(administrator, person(administrator, email), "delete")
    dialog = administrator.page.get_by_role("dialog")
    expect(dialog.get_by_role("button", name=administrator.t("action.cancel"))).to_be_focused()
    dialog.get_by_role("button", name=administrator.t("people.act.delete")).click()
    expect(dialog).to_have_count(0)
    expect(administrator.page.get_by_test_id("person")).to_have_count(0)
    assert me(other) == 401


def test_the_audit_log_is_narrowed_and_saved(administrator: Window) -> None:
    page, t = administrator.page, administrator.t
    page.goto("/settings/audit")
    expect(page.get_by_test_id("event").first).to_contain_text(t("audit.action.session.signed_in"))
    page.get_by_label(t("audit.filter.action")).select_option("audit")
    with page.expect_download() as saving:
        page.get_by_role("link", name=t("audit.export.csv")).click()
    assert saving.value.suggested_filename == "audit.csv"
    page.get_by_label(t("audit.filter.actor"), exact=True).fill(EMAIL)
    expect(page.get_by_test_id("event")).to_have_count(1)
    expect(page.get_by_test_id("event")).to_contain_text(t("audit.action.audit.exported"))
    page.get_by_label(t("audit.filter.actor"), exact=True).fill("nobody at all")
    expect(page.get_by_text(t("audit.none"))).to_be_visible()


def test_members_see_their_account_alone(window: Window) -> None:
    window.page.goto("/settings/people")
    expect(window.page.get_by_test_id("refusal")).to_be_visible()
    expect(window.page.get_by_role("link", name=window.t("settings_page.section.people"))).to_have_count(0)
    window.page.get_by_test_id("refusal").get_by_role("link").click()
    expect(window.page.get_by_role("heading", name=window.t("sessions.title"))).to_be_visible()


def test_the_settings_are_found_from_the_account_menu_and_the_palette(administrator: Window) -> None:
    page, t = administrator.page, administrator.t
    page.goto("/")
    expect(administrator.composer).to_be_visible()
    administrator.settings()
    page.get_by_role("link", name=t("settings.all")).click()
    expect(page.get_by_role("heading", name=t("sessions.title"))).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.keyboard.press("Control+k")
    page.get_by_role("combobox").fill("감사")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=t("audit.title"))).to_be_visible()
