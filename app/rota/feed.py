"""A member's shifts as a calendar that their phone subscribes to: code names and times, no more.

Everybody who has the address sees them, perhaps also the phone's maker. So it is off until a member
asks for it, has a token of its own, and shows neither people nor what the line is for.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4, uuid5

from sqlalchemy import delete, select

from app import audit
from app.access import Permission, Principal
from app.crypto import keyed_hash, new_token
from app.errors import NotFound
from app.models import CalendarFeed, rounded
from app.rota.rota import ShiftTurn, list_turns
from app.rota.shift_rows import load_rota
from app.store import Db
from app.vault import read_roster

_BEFORE, _AFTER = timedelta(days=7), timedelta(days=62)
# RFC 5545, 3.1: a line has at most 75 octets; the rest goes on after a line break and a space.
_LINE = 75


def open_feed(db: Db, principal: Principal, now: datetime) -> str:
    """Return the token of a new address, which is shown once; an earlier one stops working."""
    principal.require(Permission.ROTA)
    _close(db, principal)
    token = new_token()
    db.add(
        CalendarFeed(
            id=uuid4(),
            member_id=principal.member_id,
            lookup=_lookup(db, token),
            created_at=rounded(now),
        )
    )
    db.flush()
    audit.record(db, "feed.opened", principal.member_id, principal.member_id, now)
    return token


def close_feed(db: Db, principal: Principal, now: datetime) -> None:
    """End one's calendar: its address shows nothing any more."""
    principal.require(Permission.ROTA)
    _close(db, principal)
    audit.record(db, "feed.closed", principal.member_id, principal.member_id, now)


def _close(db: Db, principal: Principal) -> None:
    db.execute(delete(CalendarFeed).where(CalendarFeed.member_id == principal.member_id))


def has_feed(db: Db, principal: Principal) -> bool:
    """Whether the member has an address."""
    query = select(CalendarFeed.id).where(CalendarFeed.member_id == principal.member_id)
    return db.scalar(query) is not None


def _lookup(db: Db, token: str) -> bytes:
    return keyed_hash(db.keys.integrity, "calendar", token.encode("utf-8", "surrogatepass"))


def read_feed(db: Db, token: str, now: datetime) -> str:
    """Return the calendar (RFC 5545) of the member whose token this is. NotFound, Sealed."""
    feed = db.scalar(select(CalendarFeed).where(CalendarFeed.lookup == _lookup(db, token)))
    if feed is None or feed.member_id not in read_roster(db).by_id:
        raise NotFound
    owner = feed.member_id
    near = list_turns(load_rota(db), now - _BEFORE, now + _AFTER)
    return make_calendar((turn for turn in near if owner in turn.members), now)


def make_calendar(mine: Iterable[ShiftTurn], now: datetime) -> str:
    """Return turns as an iCalendar object.

    Each turn stands by itself and in UTC, so that no program needs to know when clocks change.
    """
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Notes//Notes//EN", "METHOD:PUBLISH"]
    lines += ["X-WR-CALNAME:Notes", "REFRESH-INTERVAL;VALUE=DURATION:PT1H"]
    for turn in mine:
        lines += [
            "BEGIN:VEVENT",
            f"UID:{_uid(turn)}",
            f"DTSTAMP:{_stamp(now)}",
            f"DTSTART:{_stamp(turn.start)}",
            f"DTEND:{_stamp(turn.end)}",
            f"SUMMARY:{_escaped(turn.slot.name)}",
            "CLASS:PRIVATE",
            "END:VEVENT",
        ]
    return "".join(_folded(line) + "\r\n" for line in [*lines, "END:VCALENDAR"])


def _uid(turn: ShiftTurn) -> UUID:
    return uuid5(turn.slot.id, turn.on.isoformat())


def _stamp(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _escaped(text: str) -> str:
    """Return a text as RFC 5545, 3.3.11 writes it."""
    for char in ("\\", ";", ","):
        text = text.replace(char, f"\\{char}")
    return " ".join(text.split())


def _folded(line: str) -> str:
    """Return a line in pieces of 75 octets, never cutting a character."""
    pieces, size = [""], 0
    for char in line:
        octets = len(char.encode())
        if size + octets > _LINE:
            pieces.append(" ")
            size = 1
        pieces[-1] += char
        size += octets
    return "\r\n".join(pieces)
