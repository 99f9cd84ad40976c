"""Why a step does not ask a member, in plain words. The desk reads these sentences."""

from __future__ import annotations

from app.requests.routing.facts import DESK_ROLES, Candidate, Need, do_overlap
from app.requests.routing.fit import NO_LEVEL, match_language, match_region, match_skills
from app.requests.routing.steps import REACHES, LadderStep


def find_exclusion(wanted: Need, candidate: Candidate, step: LadderStep) -> str | None:
    """Return why this step does not ask a member, or None if it does.

    The desk's step asks anybody on the desk: they find a way, and need not go themselves.
    """
    if step is LadderStep.DESK:
        return _conflict(wanted, candidate) or _off_desk(candidate)
    return (
        find_lasting_exclusion(wanted, candidate)
        or find_passing_exclusion(wanted, candidate)
        or _too_far(wanted, candidate, step)
    )


def find_lasting_exclusion(wanted: Need, candidate: Candidate) -> str | None:
    """Return why no step below the desk ever asks a member for this request, or None."""
    if conflict := _conflict(wanted, candidate):
        return conflict
    if wanted.role not in candidate.roles:
        return f"not {_a(wanted.role)}"
    spoken = match_language(wanted.kind, wanted.languages, candidate)
    if spoken.level == NO_LEVEL:
        return spoken.reason
    if wanted.minor and not candidate.vetted:
        return "not vetted yet, and this is about a minor"
    return find_unmet_wish(wanted.wishes, candidate)


def find_passing_exclusion(wanted: Need, candidate: Candidate) -> str | None:
    """Return a reason that may be over tomorrow: away, past the weekly cap, busy at that time."""
    if candidate.away:
        return "away"
    if is_full(candidate):
        return f"has done {candidate.load} of {candidate.weekly_cap} this week"
    return "on another assignment at that time" if is_busy(wanted, candidate) else None


def is_unavailable(wanted: Need, candidate: Candidate) -> bool:
    """Return whether a member has done their share, or is busy at that time."""
    return is_full(candidate) or is_busy(wanted, candidate)


def find_unmet_wish(wishes: frozenset[str], candidate: Candidate) -> str | None:
    """Return the first of the caller's wishes that a member does not meet, or None."""
    for wish in sorted(wishes):
        tag = wish.removeprefix("not ")
        if (tag in candidate.skills) == (tag != wish):
            return f"the caller's wish: {wish}"
    return None


def is_full(candidate: Candidate) -> bool:
    """Return whether a member has done as much as they want to do in a week."""
    return candidate.weekly_cap is not None and candidate.load >= candidate.weekly_cap


def is_busy(wanted: Need, candidate: Candidate) -> bool:
    """Return whether a member is on another assignment at that time."""
    window = wanted.window
    return window is not None and any(do_overlap(window, other) for other in candidate.busy)


def _conflict(wanted: Need, candidate: Candidate) -> str | None:
    if candidate.member_id in wanted.conflicted:
        return "has a conflict of interest, or was ruled out"
    return None


def _off_desk(candidate: Candidate) -> str | None:
    return None if candidate.roles.intersection(DESK_ROLES) else "not on the desk"


def _too_far(wanted: Need, candidate: Candidate, step: LadderStep) -> str | None:
    reach = REACHES[step]
    sides = (
        (match_language(wanted.kind, wanted.languages, candidate), reach.language),
        (match_region(wanted.region, candidate), reach.region),
        (match_skills(wanted.skills, candidate), reach.skills),
    )
    return next((match.reason for match, most in sides if match.level > most), None)


def _a(role: str) -> str:
    named = {"legal": "legal contact"}.get(role, role)
    return f"{'an' if named[0] in 'aeiou' else 'a'} {named}"
