"""What the texts of one transaction share, and what they will write."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any
from uuid import UUID

from app.cases import (
    BatchRows,
    ChangingCase,
    KnownCases,
    NewCaller,
    open_new_case,
)
from app.inbound.repeats import RepeatedTexts
from app.intake import (
    Keyword,
    Script,
)
from app.models import (
    Erasure,
    rounded,
)
from app.outbox import ReplyAllowance, TextDraft
from app.store import Db
from app.telephony import InboundText, find_todays_form

# Only such senders can be answered; short codes and names belong to machines.
_ANSWERABLE = re.compile(r"\+[1-9][0-9]{6,14}")
# What is said to these belongs to no dialogue: they act on the phone.
OF_THE_PHONE = (Keyword.STOP, Keyword.START, Keyword.WRONG_NUMBER, Keyword.ERASE)
# Asked by a phone we know nothing of, these need no case.
WITHOUT_CASE = (Keyword.STOP, Keyword.WRONG_NUMBER, Keyword.ERASE)


@dataclass(frozen=True)
class IntakeSettings:
    """What the intake needs to know of the organisation."""

    script: Script
    regions: Callable[[Db], Sequence[str]]
    own_number: str
    repeats: RepeatedTexts = field(default_factory=RepeatedTexts)


@dataclass(frozen=True)
class Batch:
    """What the texts of one transaction share, and what they will write."""

    db: Db
    desk: IntakeSettings
    now: datetime
    regions: Sequence[str]
    known: KnownCases
    suppressions: dict[bytes, set[str]] = field(default_factory=dict)
    dialogues: dict[bytes, Erasure] = field(default_factory=dict)
    rows: BatchRows = field(default_factory=BatchRows)
    drafts: list[TextDraft] = field(default_factory=list)
    jobs: list[dict[str, Any]] = field(default_factory=list)
    # The members whose phones some of these numbers are.
    members: Mapping[bytes, Sequence[UUID]] = field(default_factory=dict)
    allowance: ReplyAllowance | None = None
    heard: set[bytes] = field(default_factory=set)

    def came_at(self, text: InboundText) -> datetime:
        """Return when a text reached the carrier: now, unless its webhook got lost."""
        return text.at or self.now

    def says_again(self, text: InboundText) -> bool:
        """Whether this phone sent the same words within a minute; note that it sent them."""
        repeats, at = self.desk.repeats, self.came_at(text)
        said = repeats.hash_text(text.sender, text.body)
        again = said in self.heard or repeats.heard(said, at)
        self.heard.add(said)
        self.db.on_commit(lambda: repeats.note(said, at))
        return again

    def open_case(self, text: InboundText) -> ChangingCase:
        """Open a case for a text from a phone that has none."""
        caller = NewCaller(text.channel, find_todays_form(text.number) if text.number else None)
        return open_new_case(self.db, self.rows, self.known, caller, self.now)

    def find_cases(self, lookups: Iterable[bytes]) -> set[UUID]:
        """Return the cases that were there before and that these numbers write to."""
        live = (self.known.live.get(lookup) for lookup in lookups)
        return {case.id for case in live if case is not None and case.row is not None}

    def about(self, text: InboundText) -> datetime:
        """Return the same as a plain column may tell it."""
        return rounded(text.at) if text.at else self._about_now

    def stamp(self, text: InboundText) -> str:
        """Return the same as text, exact."""
        return text.at.isoformat() if text.at else self._stamp_now

    @cached_property
    def _about_now(self) -> datetime:
        return rounded(self.now)

    @cached_property
    def _stamp_now(self) -> str:
        return self.now.isoformat()


def is_answerable(desk: IntakeSettings, text: InboundText) -> bool:
    """Return whether a text back can reach a person."""
    own = text.sender == desk.own_number
    return not text.withheld and not own and _ANSWERABLE.fullmatch(text.sender) is not None
