"""What a member's profile may hold: a phone that can be called, languages and regions of a list."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from app.cases import parse_safe_hours
from app.errors import BadRequest
from app.organisation import LANGUAGES, read_settings
from app.store import Db
from app.telephony import clean_number


def check_profile(db: Db, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return profile values as they are stored: E.164, codes as in their lists. BadRequest."""
    clean = dict(values)
    if clean.get("phone") is not None:
        clean["phone"] = _phone(clean["phone"])
    if clean.get("languages") is not None:
        clean["languages"] = _of("A language", clean["languages"], LANGUAGES)
    if clean.get("regions") is not None:
        clean["regions"] = _of("A region", clean["regions"], read_settings(db).regions)
    if "quiet_hours" in clean:
        clean["quiet_hours"] = parse_safe_hours(clean["quiet_hours"])
    return clean


def _phone(text: str) -> str | None:
    if not text.strip():
        return None
    number = clean_number(text)
    if number is None:
        raise BadRequest("Write the phone number with its country code, for example +1 514 …")
    return number


def _of(what: str, codes: Iterable[str], known: Iterable[str]) -> list[str]:
    """Return the codes, each once, as their list writes them."""
    spelt = {code.casefold(): code for code in known}
    found = [spelt.get(code.strip().casefold()) for code in codes]
    if None in found:
        raise BadRequest(f"{what} is one of: {', '.join(spelt.values())}.")
    return list(dict.fromkeys(code for code in found if code))
