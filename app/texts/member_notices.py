"""Texts to members, in their language: one TOML per language under ``members/``.

They are neutral: no name, no place, nothing of what the hotline is about. Each fits one segment.
``app.outbox`` sends them.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from app.texts.rules import TextRefused, check_length, check_unnamed, fill

MEMBER_LANGUAGES = ("en", "fr", "es", "ht")
_TIERS = 4


class MemberText(StrEnum):
    """The key of a text in the files of ``members/``."""

    PAGE_NEW = "page_new"
    PAGE_WAITING = "page_waiting"
    PAGE_MINE = "page_mine"
    PAGE_GONE = "page_gone"
    PAGE_DECLINED = "page_declined"
    PAGE_HOW = "page_how"
    PAGE_OR_OFFER = "page_or_offer"
    OFFER = "offer"
    OFFER_YOURS = "offer_yours"
    OFFER_DECLINED = "offer_declined"
    OFFER_TAKEN = "offer_taken"
    OFFER_OVER = "offer_over"
    OFFER_CALLED_OFF = "offer_called_off"
    OFFER_WRONG_CODE = "offer_wrong_code"
    OFFER_HOW = "offer_how"
    OFFER_SEND_CODE = "offer_send_code"
    OFFER_UNCLEAR = "offer_unclear"
    OFFER_GUESSED = "offer_guessed"
    NOT_KEPT = "not_kept"
    CASE_OPENED = "case_opened"
    DATE_CHANGED = "date_changed"
    DATE_MOVED = "date_moved"
    COMING_UP = "coming_up"
    LATE_REPORT = "late_report"
    NOBODY_FOUND = "nobody_found"
    NOBODY_FOR_MANY = "nobody_for_many"
    DATE_PASSED = "date_passed"
    LACKING_ONE = "lacking_one"
    LACKING_MANY = "lacking_many"
    CONFIRM_TEAMS = "confirm_teams"
    CONFIRM_FACTOR = "confirm_factor"
    REFUSED_CODE = "refused_code"
    NEW_FACTOR = "new_factor"
    AUDIT_CHANGED = "audit_changed"
    RECORDS_CHANGED = "records_changed"
    GLASS_BROKEN = "glass_broken"
    MANY_OPENED = "many_opened"
    COSTS = "costs"
    PHONE_TROUBLE = "phone_trouble"


# The values of each text, with the longest that each may become; ``when`` comes from the tier.
_VALUES: Mapping[MemberText, Mapping[str, str]] = {
    MemberText.PAGE_NEW: {"count": "00000"},
    MemberText.PAGE_WAITING: {"count": "00000"},
    MemberText.OFFER: {"code": "0000"},
    MemberText.OFFER_UNCLEAR: {"code": "0000"},
    MemberText.NOBODY_FOUND: {},
    MemberText.NOBODY_FOR_MANY: {"count": "00000"},
    MemberText.LACKING_MANY: {"count": "000"},
    MemberText.COSTS: {"percent": "100"},
}
_TIMED = frozenset(
    {
        MemberText.PAGE_NEW,
        MemberText.PAGE_WAITING,
        MemberText.NOBODY_FOUND,
        MemberText.NOBODY_FOR_MANY,
    }
)


@dataclass(frozen=True)
class MemberNotice:
    """One text to members, in no language yet. ``tier``: what ``{when}`` says in it."""

    text: MemberText
    values: Mapping[str, str] = field(default_factory=dict)
    tier: int | None = None

    def write(self, language: str) -> str:
        """Return the words. TextRefused for values that the text has no place for."""
        return _read(language).write(self)


@dataclass(frozen=True)
class _Wordings:
    """The texts of one language; ``when`` by tier."""

    texts: Mapping[str, str]
    when: tuple[str, ...]

    def write(self, notice: MemberNotice) -> str:
        when = {} if notice.tier is None else {"when": self.when[notice.tier]}
        return fill(notice.text, self.texts[notice.text], {**notice.values, **when})


def choose_member_language(languages: Iterable[str]) -> str:
    """Return the first of a member's languages that these texts are written in, else English."""
    return next((one for one in languages if one in MEMBER_LANGUAGES), "en")


@cache
def _read(language: str) -> _Wordings:
    """Return the texts of one language, checked. TextRefused."""
    path = files("app.texts").joinpath("members", f"{language}.toml")
    data: dict[str, Any] = tomllib.loads(path.read_text("utf-8"))
    if set(data["texts"]) != set(MemberText) or len(data["when"]) != _TIERS:
        wrong = ", ".join(sorted(set(data["texts"]) ^ set(MemberText)))
        raise TextRefused(f"members/{language}: missing or unknown: {wrong or 'when'}")
    wordings = _Wordings(MappingProxyType(data["texts"]), tuple(data["when"]))
    for key in MemberText:
        for tier in range(_TIERS) if key in _TIMED else (None,):
            written = wordings.write(MemberNotice(key, _VALUES.get(key, {}), tier))
            check_length(key, written)
            check_unnamed(key, written)
    return wordings
