"""What a check is made with, and what it finds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from app.settings import Settings
from app.store import Database
from app.telephony import Carrier
from app.texts import Texts

CheckVerdict = Literal["ok", "warning", "problem"]


@dataclass(frozen=True)
class CheckFinding:
    """One thing that was looked at; a ``problem`` would lose messages or leak."""

    about: str
    verdict: CheckVerdict
    said: str


@dataclass(frozen=True)
class CheckScene:
    """What is looked at. ``now`` is the service's instant, ``host_now`` this machine's."""

    settings: Settings
    database: Database
    carrier: Carrier
    texts: Texts
    now: datetime
    host_now: datetime

    @property
    def in_production(self) -> bool:
        """Whether people depend on this installation."""
        return self.settings.environment == "production"


def report_ok(about: str, said: str) -> CheckFinding:
    """Return that all is well."""
    return CheckFinding(about, "ok", said)


def report_warning(about: str, said: str) -> CheckFinding:
    """Return something to look at."""
    return CheckFinding(about, "warning", said)


def report_problem(about: str, said: str) -> CheckFinding:
    """Return something that would lose messages or leak."""
    return CheckFinding(about, "problem", said)
