"""Requests and candidates: all that routing knows of either."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

Window = tuple[datetime, datetime]

ROLE_OF_KIND = {"accompaniment": "accompanier", "interpreter": "interpreter", "legal": "legal"}
DESK_ROLES = ("dispatcher", "coordinator")


@dataclass(frozen=True)
class Need:
    """A request, as far as it decides whom the ladder asks: no name, no story.

    ``languages`` are BCP 47 codes. An interpreter needs to speak all of them, anybody else one.
    Where there are none, or ``region`` is None, any will do.

    ``wishes`` are the caller's; we never give them up to find a person sooner. Each is a skill tag
    that the member must have (``woman``) or, after ``not ``, must not have
    (``not community:haiti``: no interpreter from the caller's own community). Kith keeps no gender
    and no origin of its members; they put such a tag among their skills if they want to be found
    by it.

    ``conflicted``: members with a conflict of interest. ``companion``: the request for the other of
    two who go together.
    """

    request_id: UUID
    kind: str
    tier: int
    languages: tuple[str, ...] = ()
    region: str | None = None
    skills: frozenset[str] = frozenset()
    window: Window | None = None
    wishes: frozenset[str] = frozenset()
    conflicted: frozenset[UUID] = frozenset()
    minor: bool = False
    companion: UUID | None = None

    @property
    def role(self) -> str:
        """The role that answers this kind of request."""
        return ROLE_OF_KIND[self.kind]

    @property
    def people(self) -> int:
        """How many have to go, each with a request of their own: a minor needs two."""
        return 2 if self.minor and self.kind == "accompaniment" else 1


@dataclass(frozen=True)
class Candidate:
    """A member, as far as it decides for what the ladder asks them.

    ``load`` counts the assignments of this week, past ones too; ``weekly_cap`` None is no limit.
    ``busy``: the times of other assignments. ``away``: they cannot be asked for now.
    """

    member_id: UUID
    handle: str
    roles: frozenset[str]
    languages: frozenset[str] = frozenset()
    regions: frozenset[str] = frozenset()
    skills: frozenset[str] = frozenset()
    weekly_cap: int | None = None
    load: int = 0
    on_duty: bool = False
    busy: tuple[Window, ...] = ()
    away: bool = False
    vetted: bool = False


@dataclass(frozen=True)
class RankedPerson:
    """A member to ask. ``rank`` counts from 1; a lower ``cost`` fits better.

    ``reasons`` tell the desk, in plain words, how well they fit.
    """

    member_id: UUID
    rank: int
    cost: int
    reasons: tuple[str, ...] = field(default=())


def do_overlap(one: Window, other: Window) -> bool:
    """Return whether two times overlap; one may end when the other starts."""
    return one[0] < other[1] and other[0] < one[1]
