"""Waking somebody who can open a sealed server: a neutral text to a few numbers in a file.

The file is knowingly readable on a seized disk: up to five numbers, of people who agreed to that.
"""

from __future__ import annotations

import stat
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import structlog
from sqlalchemy import select

from app.errors import OperatorError
from app.models import Case
from app.store import Database
from app.telephony import Carrier, CarrierError, OutgoingText, clean_number

log = structlog.get_logger()

MOST_WAKE_NUMBERS = 5
WAKE_TEXT = "Notes: please sign in when you can."
_WHILE_SOMEBODY_WAITS = timedelta(minutes=15)
_OTHERWISE = timedelta(hours=1)


class WakeNumbersRefused(OperatorError):
    """The file of wake numbers holds one number a line, +1…, at most five, for its owner only."""


def read_wake_numbers(path: Path | None) -> tuple[str, ...]:
    """Return the numbers of the file, none without one. WakeNumbersRefused, OSError."""
    if path is None:
        return ()
    if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise WakeNumbersRefused
    lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
    numbers = [clean_number(line) for line in lines if line and not line.startswith("#")]
    if None in numbers or len(numbers) > MOST_WAKE_NUMBERS:
        raise WakeNumbersRefused
    return tuple(number for number in numbers if number)


class Waker:
    """Texts the wake numbers while this process is sealed: at once, then now and then."""

    def __init__(self, numbers: Sequence[str]) -> None:
        self._numbers = tuple(numbers)
        self._last: datetime | None = None

    def __call__(self, database: Database, carrier: Carrier, now: datetime) -> int:
        """Text the numbers if the server is sealed and it is time; return how many were reached."""
        with database.snapshot() as db:
            if db.keys.is_open:
                self._last = None
                return 0
            waits = db.scalar(select(Case.id).where(Case.provisional).limit(1)) is not None
        pause = _WHILE_SOMEBODY_WAITS if waits else _OTHERWISE
        if self._last is not None and now - self._last < pause:
            return 0
        self._last = now
        return sum(_text(carrier, number) for number in self._numbers)


def _text(carrier: Carrier, number: str) -> bool:
    try:
        carrier.send(OutgoingText(number, WAKE_TEXT, None))
    except CarrierError as error:
        log.error("wake.failed", error=type(error).__name__, code=error.code)
        return False
    return True
