"""The members whom a step asks, best first, and why."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from hashlib import blake2b

from app.requests.routing.exclusions import (
    find_exclusion,
    find_lasting_exclusion,
    find_passing_exclusion,
    is_busy,
)
from app.requests.routing.facts import Candidate, Need, RankedPerson
from app.requests.routing.fit import (
    FITS,
    Match,
    match_duty,
    match_language,
    match_load,
    match_region,
    match_skills,
    match_vetting,
)
from app.requests.routing.steps import LadderStep

# To how many a brief is sealed at most, and how many of them are of the desk at least.
MOST_REACHED, DESK_AT_LEAST = 64, 8
_ONLY_COORDINATES = 500  # dispatchers first: other coordinators read no case
_HINDERED = 1_000  # members whom we can ask now come before those who may be free tomorrow

_Order = tuple[int, int, bytes]


def rank_people(
    wanted: Need, candidates: Iterable[Candidate], step: LadderStep
) -> tuple[RankedPerson, ...]:
    """Return the members whom a step asks, best first, each with their reasons.

    Does not depend on the order of ``candidates``. Up to the desk's, each step asks everybody of
    the one before. The caller leaves out those who were asked already.
    """
    asked = [one for one in candidates if find_exclusion(wanted, one, step) is None]
    sides = list_desk_sides if step is LadderStep.DESK else list_sides
    return _ranked(wanted, ((one, sides(wanted, one)) for one in asked))


def find_reachable(wanted: Need, candidates: Iterable[Candidate]) -> tuple[RankedPerson, ...]:
    """Return the members whom any step could ask before the request ends, at most 64, best first.

    We seal the brief to these. Members who are away, busy or past their cap may be free when their
    turn comes, so they come after the others. Some places are always the desk's.
    """
    everyone = list(candidates)
    sendable = [one for one in everyone if find_lasting_exclusion(wanted, one) is None]
    on_desk = [one for one in everyone if find_exclusion(wanted, one, LadderStep.DESK) is None]
    sent = _ranked(wanted, ((one, _lasting_sides(wanted, one)) for one in sendable))
    desk = _ranked(wanted, ((one, list_desk_sides(wanted, one)) for one in on_desk))
    best_first = [one.member_id for one in (*desk[:DESK_AT_LEAST], *sent, *desk)]
    kept = set(list(dict.fromkeys(best_first))[:MOST_REACHED])
    once = {one.member_id: one for one in (*desk, *sent) if one.member_id in kept}
    in_order = dict.fromkeys(one.member_id for one in (*sent, *desk) if one.member_id in kept)
    return tuple(replace(once[member], rank=place) for place, member in enumerate(in_order, 1))


def list_sides(wanted: Need, candidate: Candidate) -> tuple[Match, ...]:
    """Return every side of how well a member fits who would go."""
    return (
        match_language(wanted.kind, wanted.languages, candidate),
        match_region(wanted.region, candidate),
        match_skills(wanted.skills, candidate),
        match_duty(candidate),
        match_load(candidate),
        match_vetting(candidate),
    )


def list_desk_sides(wanted: Need, candidate: Candidate) -> tuple[Match, ...]:
    """Return every side of how well a member of the desk can take care of the request."""
    dispatcher = "dispatcher" in candidate.roles
    return (
        Match(0, 0, "on the desk") if dispatcher else Match(0, _ONLY_COORDINATES, "coordinates"),
        match_duty(candidate),
        _hindered("away" if candidate.away else None),
        _hindered("on another assignment at that time" if is_busy(wanted, candidate) else None),
        match_load(candidate),
    )


def _lasting_sides(wanted: Need, candidate: Candidate) -> tuple[Match, ...]:
    return (*list_sides(wanted, candidate), _hindered(find_passing_exclusion(wanted, candidate)))


def _hindered(reason: str | None) -> Match:
    return Match(0, _HINDERED, reason) if reason else FITS


def _ranked(
    wanted: Need, fits: Iterable[tuple[Candidate, tuple[Match, ...]]]
) -> tuple[RankedPerson, ...]:
    order = _order(wanted)
    by_order = sorted(
        ((order(one, sides), one, sides) for one, sides in fits), key=lambda entry: entry[0]
    )
    return tuple(
        RankedPerson(
            one.member_id, place, cost, tuple(side.reason for side in sides if side.reason)
        )
        for place, ((cost, _, _), one, sides) in enumerate(by_order, 1)
    )


def _order(wanted: Need) -> Callable[[Candidate, tuple[Match, ...]], _Order]:
    """Sort by cost, then load, then a lot that differs from request to request.

    A fixed order of members would always ask the same person first.
    """

    def key(candidate: Candidate, sides: tuple[Match, ...]) -> _Order:
        lot = blake2b(wanted.request_id.bytes + candidate.member_id.bytes, digest_size=8)
        return sum(side.cost for side in sides), candidate.load, lot.digest()

    return key
