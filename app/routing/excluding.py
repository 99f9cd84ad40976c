"""Why somebody is not asked, in plain words. The desk page shows these sentences."""

from __future__ import annotations

from app.routing import matching
from app.routing.steps import REACHES, Step
from app.routing.wanted import DESK_ROLES, Candidate, Wanted, overlap


def excluded(wanted: Wanted, candidate: Candidate, step: Step) -> str | None:
    """Return why this step does not ask somebody, or None if it does.

    The desk's step asks whoever is on the desk: they find a way, they need not be the ones to go.
    """
    if step is Step.DESK:
        return _conflict(wanted, candidate) or _off_desk(candidate)
    return (
        for_good(wanted, candidate)
        or for_now(wanted, candidate)
        or _too_far(wanted, candidate, step)
    )


def for_good(wanted: Wanted, candidate: Candidate) -> str | None:
    """Return why somebody is never asked for this request below the desk, or None."""
    if conflict := _conflict(wanted, candidate):
        return conflict
    if wanted.role not in candidate.roles:
        return f"not {_a(wanted.role)}"
    spoken = matching.language(wanted.kind, wanted.languages, candidate)
    if spoken.level == matching.NO_LEVEL:
        return spoken.reason
    if wanted.minor and not candidate.vetted:
        return "not vetted yet, and this is about a minor"
    return against_wishes(wanted.wishes, candidate)


def for_now(wanted: Wanted, candidate: Candidate) -> str | None:
    """Return what may be over tomorrow: away, past the weekly cap, somewhere else at that time."""
    if candidate.away:
        return "away"
    if full(candidate):
        return f"has done {candidate.load} of {candidate.weekly_cap} this week"
    return "on another assignment at that time" if is_busy(wanted, candidate) else None


def is_taken(wanted: Wanted, candidate: Candidate) -> bool:
    """Return whether somebody has done their share, or is somewhere else, by now."""
    return full(candidate) or is_busy(wanted, candidate)


def against_wishes(wishes: frozenset[str], candidate: Candidate) -> str | None:
    """Return which of the caller's wishes somebody does not meet, or None."""
    for wish in sorted(wishes):
        tag = wish.removeprefix("not ")
        if (tag in candidate.skills) == (tag != wish):
            return f"the caller's wish: {wish}"
    return None


def full(candidate: Candidate) -> bool:
    """Return whether somebody has done as much as they want to in a week."""
    return candidate.weekly_cap is not None and candidate.load >= candidate.weekly_cap


def is_busy(wanted: Wanted, candidate: Candidate) -> bool:
    """Return whether somebody is on another assignment at the time."""
    window = wanted.window
    return window is not None and any(overlap(window, other) for other in candidate.busy)


def _conflict(wanted: Wanted, candidate: Candidate) -> str | None:
    if candidate.member_id in wanted.conflicted:
        return "has a conflict of interest, or was ruled out"
    return None


def _off_desk(candidate: Candidate) -> str | None:
    return None if candidate.roles.intersection(DESK_ROLES) else "not on the desk"


def _too_far(wanted: Wanted, candidate: Candidate, step: Step) -> str | None:
    reach = REACHES[step]
    sides = (
        (matching.language(wanted.kind, wanted.languages, candidate), reach.language),
        (matching.region(wanted.region, candidate), reach.region),
        (matching.skills(wanted.skills, candidate), reach.skills),
    )
    return next((match.reason for match, most in sides if match.level > most), None)


def _a(role: str) -> str:
    named = {"legal": "legal contact"}.get(role, role)
    return f"{'an' if named[0] in 'aeiou' else 'a'} {named}"
