"""``kith check``: whether this installation would lose messages or leak."""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.installation import read_inspected_settings, refuse_unmade
from app.cli.terminal import answer, say

if TYPE_CHECKING:
    from uuid import UUID

    from app.clock import Clock
    from app.operations import CheckFinding
    from app.store import Database


_MARKS = {"ok": "  ok     ", "warning": "  look   ", "problem": "  MEND   "}
_TEST = "Notes: this is a test. Nothing to do."
_PATIENCE_S = 60.0


def check(
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print nothing but JSON.")] = False,
    text: Annotated[
        str | None, typer.Option("--text", help="Send a test text to this number, +1…")
    ] = None,
) -> int:
    """Look at configuration, keys, carrier and desk; exit 1 on what would lose messages or leak."""
    found = _examine(text)
    well = all(finding.verdict != "problem" for finding in found)
    if as_json:
        answer({"well": well, "findings": [asdict(finding) for finding in found]})
    else:
        for finding in found:
            print(f"{_MARKS[finding.verdict]}{finding.about}: {finding.said}")
    return 0 if well else 1


def _examine(number: str | None) -> list[CheckFinding]:
    """Return all findings, also that of a test text where there is a number for one."""
    from app.clock import Clock
    from app.intake import load_script
    from app.main import make_carrier, open_database
    from app.operations import CheckScene, examine_installation

    chosen, clock = read_inspected_settings(), Clock()
    refuse_unmade(chosen)
    database = open_database(chosen, clock)
    try:
        carrier, texts, now = make_carrier(chosen), load_script().texts, clock()
        scene = CheckScene(chosen, database, carrier, texts, now, now - clock.offset)
        found = list(examine_installation(scene))
        if number is not None:
            found.append(_send_test(database, number, clock))
        return found
    finally:
        database.close()


def _send_test(database: Database, number: str, clock: Clock) -> CheckFinding:
    """Have the running service send a text through its last gate, and tell what became of it."""
    from app.errors import OperatorError
    from app.operations import report_ok, report_problem
    from app.outbox import queue_test_text
    from app.telephony import NumberNotUnderstood, read_number

    try:
        cleaned = read_number(number)
    except NumberNotUnderstood as error:
        raise OperatorError(error.detail) from error
    with database.transaction() as db:
        row_id = queue_test_text(db, cleaned, _TEST, clock())
    say("Waiting for the test text …")
    state = _await(database, row_id)
    if state in {"delivered", "sent"}:
        return report_ok("test text", f"The test text was {state}.")
    if state == "queued":
        return report_problem(
            "test text", "Nobody took the test text up: is the service running, open?"
        )
    return report_problem("test text", f"The test text is {state}.")


def _await(database: Database, row_id: UUID) -> str:
    from app.models import SETTLED_TEXTS, Outgoing

    deadline = time.monotonic() + _PATIENCE_S
    while True:
        with database.snapshot() as db:
            state = db.get_one(Outgoing, row_id).state
        if state in SETTLED_TEXTS or time.monotonic() >= deadline:
            return state
        time.sleep(0.5)
