"""What a check is made with, and what it finds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from app.db import Database
from app.settings import Settings
from app.telephony import Carrier
from app.texts import Texts

Verdict = Literal["ok", "warning", "problem"]


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at; a ``problem`` would lose messages or leak."""

    about: str
    verdict: Verdict
    said: str


@dataclass(frozen=True)
class Scene:
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


def ok(about: str, said: str) -> Finding:
    """Return that all is well."""
    return Finding(about, "ok", said)


def warning(about: str, said: str) -> Finding:
    """Return something to look at."""
    return Finding(about, "warning", said)


def problem(about: str, said: str) -> Finding:
    """Return something that would lose messages or leak."""
    return Finding(about, "problem", said)
