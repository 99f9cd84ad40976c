"""Raid reports and the directory, as the desk keeps them."""

from __future__ import annotations

import re
from collections.abc import Callable

from tests.console.visitor import Page, Visitor


def report_form(page: Page) -> str:
    """Where the form of the newest event goes."""
    return next(
        form.action for form in page.forms if re.fullmatch(r"/raids/[0-9a-f-]{36}", form.action)
    )


def test_reports_are_put_together_and_confirm_each_other(desk: Visitor) -> None:
    first = desk.send(desk.open("/raids"), "/raids", size="three cars", location="the bakery")
    assert first.says("The report is saved.")
    assert first.says("Unverified, 1 report")
    second = desk.send(first, "/raids", size="a van")
    [choice] = [form for form in second.forms if form.action == report_form(second)][1:2]
    other = re.search(r'<option value="([0-9a-f-]{36})">Report', second.html)
    assert other
    together = desk.post(choice.action, {**choice.fields, "same_as": other.group(1)})
    assert together.says("Unverified, 2 reports")
    confirmed = desk.send(together, report_form(together), proved="report")
    assert confirmed.says("Confirmed, 2 reports")
    false = desk.send(confirmed, report_form(confirmed), proved="false")
    assert false.says("False alarm, 2 reports")


def test_an_empty_report_is_refused(desk: Visitor) -> None:
    refused = desk.send(desk.open("/raids"), "/raids")
    assert (refused.status, refused.says("Say at least one thing")) == (400, True)


def test_the_directory_is_kept_by_desk_and_coordinators(
    desk: Visitor, visit: Callable[..., Visitor]
) -> None:
    page = desk.open("/directory")
    added = desk.send(page, "/directory", kind="clinic", name="Clinic", languages=["fr", "es"])
    assert added.says("Clinic")
    assert added.says("French")
    crane = visit("crane")
    page = crane.open("/directory?kind=clinic")
    action = next(f.action for f in page.forms if f.action.startswith("/directory/"))
    assert crane.send(page, action, hours="9-17").says("9-17")
    refused = desk.send(added, action, hours="x")
    assert refused.status == 412
    gone = crane.send(crane.open("/directory"), action, action="remove")
    assert gone.says("Nobody yet.")


def test_coordinators_keep_the_cards_and_the_desk_reads_them(
    desk: Visitor, visit: Callable[..., Visitor]
) -> None:
    crane = visit("crane")
    page = crane.send(
        crane.open("/cards"),
        "/cards",
        topic="school",
        covers_en="Children may register.",
        source_url="https://example.org/school",
    )
    assert page.says("nobody has verified it")
    assert not desk.open("/cards").says("Children may register.")
    [path] = {form.action for form in page.forms if form.action.startswith("/cards/")}
    until = {"verified_by": "A. Lawyer", "verified_on": "2026-01-02", "review_by": "2026-12-01"}
    page = crane.send(page, path, **until)
    assert desk.open("/cards").says("Children may register.")
    assert crane.send(page, path, action="remove").says("None yet.")
