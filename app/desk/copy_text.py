"""The copy of a case for reading: words instead of codes, times of the place, quotes marked.

A line of ours never holds somebody's own words: those stand below it, each line marked, so that
nothing that a caller writes can pass for what we say.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from app.cases import describe_safe_hours
from app.desk.case_file import CaseFile, ConversationText, RecordedConsent
from app.desk.date_changes import WholeDate
from app.desk.quotes import quote_text, show_unseen
from app.models import DetentionDetails
from app.organisation import (
    ANSWERS,
    CHANNELS,
    CONSENT_SCOPES,
    CONTACT_METHODS,
    EVENT_KINDS,
    EVENT_STATES,
    FIELD_NAMES,
    LANGUAGES,
    MESSAGE_STATUSES,
    OUTCOMES,
    SITUATIONS,
)

CopyReader = Literal["caller", "counsel"]
# In place of the name of a document that did not pass.
NOT_KEPT = "not kept"
_READERS: Mapping[CopyReader, str] = {"caller": "the caller", "counsel": "the caller's counsel"}
_EXPLANATION = """\
Lines that begin with a bar, like the next one, are people's own words:
    | as they wrote them. <U+202E> stands for a character that cannot be seen.
All other lines are ours."""


def write_copy_text(
    file: CaseFile, files: Mapping[UUID, str], reader: CopyReader, zone: ZoneInfo, now: datetime
) -> str:
    """Return the copy as text. ``files`` are the names of its documents, by attachment."""
    return "\n".join(_CopyText(zone).write(file, files, _READERS[reader], now)) + "\n"


@dataclass(frozen=True)
class _CopyText:
    """The lines of one copy, with the times of one place."""

    zone: ZoneInfo

    def write(
        self, file: CaseFile, files: Mapping[UUID, str], reader: str, now: datetime
    ) -> Iterator[str]:
        values = file.line.values
        yield f"Copy of the case {show_unseen(values.reference)}, for {reader}"
        yield f"Made on {self.moment(now)}"
        yield f"All times are those of {self.zone.key}."
        yield from ("", *_EXPLANATION.splitlines(), "")
        yield f"About: {_name(SITUATIONS, values.situation)}"
        yield f"Language: {_name(LANGUAGES, values.language)}"
        yield f"Region: {_name({}, values.region)}"
        if values.outcome:
            yield f"Outcome: {_name(OUTCOMES, values.outcome)}"
        facts = [(name, value) for name, value in file.fields.items() if value is not None]
        yield from _section("Facts", [_quoted(_name_field(name), str(v)) for name, v in facts])
        yield from _section("Conversation", [self.message(one) for one in file.messages])
        yield from _section("Dates", [self.date(one) for one in file.events])
        yield from _section("Detentions", [self.stay(stay) for _, stay in file.episodes])
        yield from _section(
            "Calls",
            [[f"{self.moment(one.at)}, {_name_side(one.direction)}"] for one in file.calls],
        )
        yield from _section("Consents", [self.consent(one) for one in file.consents])
        yield from _section(
            "Documents",
            [
                [f"{files.get(a.id, NOT_KEPT)}, {a.size} bytes, {self.moment(a.at)}"]
                for a in file.attachments
            ],
        )

    def message(self, text: ConversationText) -> list[str]:
        by = _name_side(text.direction)
        if text.direction == "outbound" and text.author is None:
            by = "automatic"
        status = _name(MESSAGE_STATUSES, text.status)
        head = f"{self.moment(text.at)}, {by}, {_name(CHANNELS, text.channel)}, {status}"
        return [head + ". The text was deleted."] if text.body is None else _quoted(head, text.body)

    def date(self, one: WholeDate) -> list[str]:
        until = f" to {self.moment(one.ends_at)}" if one.ends_at else ""
        kind, state = _name(EVENT_KINDS, one.kind), _name(EVENT_STATES, one.state)
        lines = [f"{kind}, {state}: {self.moment(one.starts_at)}{until}"]
        lines += _quoted("Place", one.place) if one.place else []
        return lines + (_quoted("Meeting place", one.meeting_place) if one.meeting_place else [])

    def stay(self, stay: DetentionDetails) -> list[str]:
        until = f" to {_day(stay.until)}" if stay.until else ""
        lines = _quoted(f"From {_day(stay.since)}{until}, held at", stay.place)
        for one in stay.reviews:
            lines += _quoted(f"Review on {self.moment(one.at)}", one.outcome)
        if stay.next_review:
            lines.append(f"Next review: {self.moment(stay.next_review)}")
        return lines

    def consent(self, said: RecordedConsent) -> list[str]:
        terms = [_name(CONSENT_SCOPES, said.scope)]
        if said.methods:
            terms.append("by " + ", ".join(_name(CONTACT_METHODS, one) for one in said.methods))
        if said.scope == "contact" and said.granted:
            terms.append(describe_safe_hours(said.hours))
        answer = "Yes" if said.granted else "No"
        return [f"{answer}: {'; '.join(terms)}. Recorded on {self.moment(said.at)}"]

    def moment(self, at: datetime) -> str:
        """Return a time as the clock on the wall shows it there, with the zone's name."""
        local = at.astimezone(self.zone)
        offset = f"{local:%z}"
        return (
            f"{local:%a} {_day(local)}, {local:%H:%M} {self.zone.key}"
            f" (UTC{offset[:3]}:{offset[3:5]})"
        )


def _section(name: str, entries: list[list[str]]) -> Iterator[str]:
    yield from ("", name.upper(), "")
    if not entries:
        yield "none"
    for entry in entries:
        yield from entry


def _quoted(head: str, text: str) -> list[str]:
    return [f"{head}:", *quote_text(text)]


def _name(words: Mapping[str, str], code: str | None) -> str:
    """Return a code in words; the organisation's own codes are words already."""
    return words.get(code, show_unseen(code.replace("_", " "))) if code else "not known"


def _name_field(name: str) -> str:
    if name in ANSWERS and name.endswith("_text"):
        return f"{_name(FIELD_NAMES, name.removesuffix('_text'))}, in the caller's words"
    return _name(FIELD_NAMES, name)


def _name_side(direction: str) -> str:
    return "from the caller" if direction == "inbound" else "from the desk"


def _day(day: date) -> str:
    return f"{day.day} {day:%b} {day.year}"
