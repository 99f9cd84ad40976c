"""The templates, and the few ways in which they say times and codes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from app.cases import describe_safe_hours
from app.console import words, work
from app.console.deeds import DEEDS

FOLDER = Path(__file__).parent


def render(template: str, context: Mapping[str, Any]) -> str:
    """Return a page; everything in it that is not markup of the template is escaped."""
    return _templates().get_template(template).render(context)


@cache
def _templates() -> Environment:
    templates = Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.globals.update(words=words, work=work, deeds=DEEDS)
    templates.globals["asset"] = asset_path
    templates.globals["fresh"] = lambda: uuid4().hex
    templates.filters.update(moment=moment, span=span, iso=iso, clock=clock, day=day)
    templates.filters.update(hours=describe_safe_hours, named=_named, field_named=_field_named)
    return templates


def _named(code: str) -> tuple[str, str]:
    """Return one of the organisation's own codes with its words, for a list to choose from."""
    return code, words.of({}, code)


def _field_named(name: str) -> tuple[str, str]:
    """Return one of the organisation's fields with its words, for a list to choose from."""
    return name, words.of(words.FIELDS, name)


@cache
def asset(name: str) -> bytes:
    """Return a static file of ours."""
    return (FOLDER / "static" / name).read_bytes()


@cache
def asset_path(name: str) -> str:
    """Return the path of a static file, with what changes when its content does."""
    return f"/assets/{name}?v={sha256(asset(name)).hexdigest()[:12]}"


def instant(value: datetime | str) -> datetime:
    """Return an instant that may come as RFC 3339 text."""
    return datetime.fromisoformat(value) if isinstance(value, str) else value


def iso(value: datetime | str) -> str:
    """Return an instant for a ``datetime`` attribute, to the minute."""
    return instant(value).isoformat(timespec="minutes")


def moment(value: datetime | str, now: datetime, zone: ZoneInfo) -> str:
    """Return a time as the desk reads it, in its own zone: ``14:05``, ``Wed 14 Jan, 14:05``."""
    at, today = instant(value).astimezone(zone), now.astimezone(zone)
    if at.date() == today.date():
        return f"{at:%H:%M}"
    day = f"{at:%a} {at.day} {at:%b}" + (f" {at.year}" if at.year != today.year else "")
    return f"{day}, {at:%H:%M}"


def clock(value: datetime | str, zone: ZoneInfo) -> str:
    """Return a time of day as the desk reads it: ``14:05``."""
    return f"{instant(value).astimezone(zone):%H:%M}"


def day(value: date) -> str:
    """Return a day: ``3 Feb 2026``."""
    return f"{value.day} {value:%b} {value.year}"


def span(length: timedelta) -> str:
    """Return a length of time in its two largest units: ``3 min``, ``2 h 5 min``, ``4 d 1 h``."""
    minutes = max(int(length.total_seconds()) // 60, 0)
    days, hours, minutes = minutes // 1440, minutes // 60 % 24, minutes % 60
    parts = [(days, "d"), (hours, "h"), (minutes, "min")]
    named = [f"{count} {unit}" for count, unit in parts if count]
    return " ".join(named[:2]) or "0 min"
