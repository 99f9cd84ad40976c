"""What a member's profile may hold, and how it changes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from app.cases import parse_windows
from app.errors import BadRequest
from app.models import Member, MemberProfile
from app.organisation import LANGUAGES, read_settings
from app.store import Db
from app.telephony import read_number
from app.vault import write_profile

ProfileChange = Callable[[MemberProfile], MemberProfile]


def change_profile(db: Db, member: Member, change: ProfileChange) -> bool:
    """Replace a profile by what ``change`` makes of it; return whether that is another one.

    BadRequest.
    """
    before = db.keys.read_values(member)
    after = clean_profile(db, change(before), before)
    if after == before:
        return False
    write_profile(db, member, after)
    member.version += 1
    return True


def clean_profile(
    db: Db, profile: MemberProfile, before: MemberProfile | None = None
) -> MemberProfile:
    """Return a profile as it is stored: the phone in E.164, codes as their lists write them.

    What is as it was ``before`` passes unchecked: the lists may have changed since. BadRequest.
    """
    known = before or MemberProfile()
    clean: dict[str, Any] = {"skills": tuple(profile.skills or ())}
    if profile.phone != known.phone:
        clean["phone"] = _clean_phone(profile.phone or "")
    if profile.languages != known.languages:
        clean["languages"] = _find_codes("A language", profile.languages or (), LANGUAGES)
    if profile.regions != known.regions:
        regions = read_settings(db).regions
        clean["regions"] = _find_codes("A region", profile.regions or (), regions)
    if profile.quiet_hours != known.quiet_hours:
        clean["quiet_hours"] = parse_windows(profile.quiet_hours)
    return replace(profile, **clean)


def _clean_phone(text: str) -> str | None:
    if not text.strip():
        return None
    return read_number(text)


def _find_codes(what: str, codes: Iterable[str], known: Iterable[str]) -> tuple[str, ...]:
    """Return the codes, each once, as their list writes them. BadRequest."""
    spelt = {code.casefold(): code for code in known}
    found = [spelt.get(code.strip().casefold()) for code in codes]
    if None in found:
        raise BadRequest(f"{what} is one of: {', '.join(spelt.values())}.")
    return tuple(dict.fromkeys(code for code in found if code))
