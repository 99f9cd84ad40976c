"""The desk's evening in a real Chromium, with scripts on and with scripts off."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from app.console import signing_in
from app.console.security import EXIT_URL
from tests.console.visitor import enter
from tests.service import PASSPHRASE, Caller, House

pytestmark = pytest.mark.browser


@pytest.fixture(params=[True, False], ids=["scripts-on", "scripts-off"])
def scripts(request: pytest.FixtureRequest) -> bool:
    on: bool = request.param
    return on


@pytest.fixture
def page(browser: Browser, house: House, scripts: bool) -> Iterator[Page]:
    """A page that fails the test on anything the browser had to refuse."""
    context = browser.new_context(base_url=house.url, java_script_enabled=scripts)
    context.set_default_timeout(10_000)
    page = context.new_page()
    refused: list[str] = []
    page.on("console", lambda message: refused.append(message.text))
    page.on("pageerror", lambda error: refused.append(str(error)))
    yield page
    context.close()
    assert [text for text in refused if "Failed to load resource" not in text] == []


def sign_in(page: Page, handle: str) -> None:
    page.goto("/")
    page.get_by_label("Name").fill(handle)
    page.get_by_label("Passphrase").fill(PASSPHRASE)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()


def test_a_dispatcher_reads_answers_notes_takes_and_closes(
    page: Page, house: House, phone: Caller
) -> None:
    case = house.case_of("hello", "1", "6", "is <b>somebody</b> there?", number=phone.number)
    sign_in(page, "heron")
    assert page.title() == "Notes"
    page.get_by_role("link", name=case["reference"]).click()
    conversation = page.get_by_role("region", name="Conversation")
    expect(conversation.get_by_text("is <b>somebody</b> there?")).to_be_visible()
    page.get_by_label("Text to the caller").fill("We are here.\nWait for us.")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text("The text is on its way.")).to_be_visible()
    house.settle()
    assert phone.inbox()[-1] == "We are here.\nWait for us."
    page.get_by_label("New note").fill("Calm now.")
    page.get_by_role("button", name="Save the note").click()
    expect(page.get_by_role("article").get_by_text("Calm now.")).to_be_visible()
    page.get_by_role("button", name="Take it").click()
    expect(page.get_by_text("You have this case.")).to_be_visible()
    page.get_by_text("Close the case").first.click()
    page.get_by_label("How it ended").select_option("supported")
    page.get_by_role("button", name="Close the case").click()
    expect(page.get_by_text("The case is closed.", exact=False).first).to_be_visible()


def test_a_quick_reply_and_its_cost_are_seen_before_sending(
    page: Page, house: House, phone: Caller, scripts: bool
) -> None:
    case = house.case_of("hello", "3", "1", number=phone.number)
    before = len(phone.inbox())
    enter(page.context, house, "heron")
    page.goto("/")
    page.get_by_role("link", name=case["reference"]).click()
    page.get_by_text("Quick replies").click()
    page.get_by_role("button", name="May we call?").click()
    box = page.get_by_label("Text to the caller")
    expect(box).to_have_value("¿Podemos llamarle ahora? S = si, N = no.")
    counted = page.locator("#reply-count") if scripts else page.locator(".preview")
    expect(counted).to_contain_text("1 segment, 40 characters")
    box.fill("ê" * 71)
    if not scripts:
        page.get_by_role("button", name="Preview and cost").click()
    expect(counted).to_contain_text("2 segments, 71 characters of the large alphabet")
    house.settle()
    assert len(phone.inbox()) == before


def test_a_newcomer_is_invited_and_joins(page: Page, house: House, scripts: bool) -> None:
    enter(page.context, house, "crane")
    page.goto("/")
    page.get_by_role("link", name="Members").click()
    page.get_by_label("accompanier").check()
    page.get_by_role("button", name="Make an invitation").click()
    code = page.locator(".code").inner_text()
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("link", name="I have an invitation").click()
    page.get_by_label("Invitation code").fill(code)
    page.get_by_label("Name to sign in with").fill(f"kestrel-{scripts}".lower())
    page.get_by_label("Passphrase", exact=True).fill(PASSPHRASE)
    page.get_by_label("The same passphrase again").fill(PASSPHRASE)
    page.get_by_role("button", name="Join").click()
    expect(page.get_by_text("This page is shown once.")).to_be_visible()
    box = page.locator(".qr").bounding_box()
    assert box
    assert box["width"] > 200


def test_leaving_shows_something_else_and_going_back_shows_nothing(
    page: Page, house: House, phone: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signing_in, "EXIT_URL", f"{house.url}/robots.txt")  # no network in tests
    case = house.case_of("a secret of mine", number=phone.number)
    enter(page.context, house, "heron")
    page.goto("/")
    page.get_by_role("link", name=case["reference"]).click()
    expect(page.get_by_text("a secret of mine")).to_be_visible()
    page.get_by_role("button", name="Leave now").click()
    page.wait_for_url("/robots.txt")
    page.go_back()
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    expect(page.get_by_text("a secret of mine")).not_to_be_visible()


def test_everything_is_reached_by_keyboard(page: Page, house: House) -> None:
    enter(page.context, house, "heron")
    page.goto("/")
    page.keyboard.press("Tab")
    expect(page.get_by_text("Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Refresh")).to_be_focused()


def test_nothing_is_wider_than_a_small_phone(page: Page, house: House, phone: Caller) -> None:
    case = house.case_of("x" * 300, number=phone.number)
    page.set_viewport_size({"width": 320, "height": 640})
    enter(page.context, house, "wren")
    paths = ("/", f"/cases/{case['id']}", "/cases/new", "/members", "/me", "/texts", "/audit")
    for path in (*paths, "/health", "/invitation", f"/cases/{case['id']}/erase"):
        page.goto(path)
        assert page.locator("html").evaluate("page => page.scrollWidth") <= 320, path


def test_escape_three_times_leaves(browser: Browser, house: House) -> None:
    context = browser.new_context(base_url=house.url)
    page = context.new_page()
    enter(page.context, house, "heron")
    page.goto("/")
    with page.expect_request(EXIT_URL) as left:
        for _ in range(3):
            page.keyboard.press("Escape")
    assert "referer" not in left.value.headers
    context.close()
