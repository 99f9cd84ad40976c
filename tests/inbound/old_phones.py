"""Phones with a past, one kind each: what a stranger who holds one must not be able to tell."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from app.crypto import OperationalKeys
from app.desk import (
    StatedConsent,
    claim_case,
    close_case,
    hold_case,
    mark_phone_unsafe,
    merge_cases,
    record_consent,
)
from app.inbound import absorb_provisional_cases
from app.models import Case
from tests.line import Line

# A talk of every kind: an answer, a silence of the script, a city out of turn, a call, the end.
SAID = ("hello?", "1", "2", "yes", "please", "both", "Laval", "9", "thank you")
LIVE = ("handled", "waiting", "merged", "provisional", "forgotten", "unsafe", "held", "erasing")


def _handle(line: Line, number: str) -> UUID:
    """A case that a person has and has answered."""
    case = line.open_case("they took him", "3", "2", sender=number)
    line.as_member(claim_case, "heron", case.id)
    line.as_member(
        record_consent, "heron", case.id, StatedConsent("contact", True, ("text",), ["00:00-24:00"])
    )
    line.reply(case.id)
    return case.id


def _wait(line: Line, number: str) -> UUID:
    """A case that nobody has looked at, in the middle of its questions."""
    return line.open_case("hello", "2", "3", "non", sender=number).id


def _close(line: Line, number: str) -> UUID:
    case_id = _handle(line, number)
    line.as_member(close_case, "heron", case_id, "supported")
    return case_id


def _erase(line: Line, number: str) -> UUID:
    case_id = line.open_case("hello", "1", "5", sender=number).id
    _confirm_erase(line, number)
    return case_id


def _confirm_erase(line: Line, number: str) -> None:
    [asked] = line.says("ERASE", sender=number)
    [code] = re.findall(r"\b\d{4}\b", asked)
    line.says(code, sender=number)


def _want_erased(line: Line, number: str) -> UUID:
    """An urgent case that waits for its day to be erased."""
    case_id = _handle(line, number)
    _confirm_erase(line, number)
    return case_id


def _merge(line: Line, number: str) -> UUID:
    into = _handle(line, f"{number[:-6]}9{number[-5:]}")
    case = line.open_case("he was taken", "1", "2", sender=number)
    line.as_member(merge_cases, "heron", case.id, into)
    line.reply(into)
    return into


def _open_sealed(line: Line, number: str) -> UUID:
    """A case that came in while the server was sealed, and was settled since."""
    with sealed(line):
        line.take(line.lose("hello", number))
    absorb_provisional_cases(line.database, line.desk, line.now)
    case = line.case_of(number)
    assert case is not None
    return case.id


class sealed:  # noqa: N801  # reads like a state of the server
    """Take the operational key away from a line's server for a while."""

    def __init__(self, line: Line) -> None:
        self._keys = line.database.keys
        self._operational: OperationalKeys | None = None

    def __enter__(self) -> None:
        assert self._keys is not None
        self._operational = self._keys.operational
        self._keys.seal()

    def __exit__(self, *_: object) -> None:
        assert self._keys is not None
        assert self._operational is not None
        self._keys.unseal(self._operational)


def _forget(line: Line, number: str) -> UUID:
    """A case that was open and silent for ninety days, as far as its values tell."""
    case_id = _handle(line, number)
    long_ago = timedelta(days=90)
    with line.writing() as db:
        case = db.scalars(select(Case).where(Case.id == case_id)).one()
        values = db.keys.read_values(case)
        aged = {
            name: at - long_ago
            for name in ("opened_at", "last_inbound_at", "last_outbound_at", "last_message_at")
            if (at := getattr(values, name))
        }
        db.keys.write_values(case, replace(values, **aged))
    return case_id


def _lose(line: Line, number: str) -> UUID:
    """A phone that is marked as unsafe."""
    case_id = _handle(line, number)
    line.as_member(mark_phone_unsafe, "heron", case_id)
    return case_id


def _hold(line: Line, number: str) -> UUID:
    case_id = _handle(line, number)
    line.as_member(hold_case, "crane", case_id, "A court asked.")
    return case_id


PASTS: Mapping[str, Callable[[Line, str], UUID]] = {
    "handled": _handle,
    "waiting": _wait,
    "closed": _close,
    "erased": _erase,
    "erasing": _want_erased,
    "merged": _merge,
    "provisional": _open_sealed,
    "forgotten": _forget,
    "unsafe": _lose,
    "held": _hold,
}
