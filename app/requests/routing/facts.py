"""What is asked for, and whoever could be asked: all that routing knows about either."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

Window = tuple[datetime, datetime]

ROLE_OF_KIND = {"accompaniment": "accompanier", "interpreter": "interpreter", "legal": "legal"}
DESK_ROLES = ("dispatcher", "coordinator")


@dataclass(frozen=True)
class Need:
    """A request, as far as it decides who is asked: no name, no story.

    ``languages`` are BCP 47 codes: for an interpreter the pair, both of which count; otherwise
    what the caller speaks, one of which is enough. Empty, or ``region`` None: it does not matter.

    ``wishes`` are the caller's, and never given up to find somebody sooner. Each is a skill tag
    that the member must have (``woman``) or, after ``not ``, must not have
    (``not community:haiti``: no interpreter from the caller's own community). Kith keeps no gender
    and no origin of its members: who wants to be found by such a tag has it among their skills.

    ``conflicted`` said no because of a conflict of interest, or were ruled out by the desk.
    ``companion`` is the request for the other of two who go together.
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
        """How many have to go, each with a request of their own: nobody goes with a minor alone."""
        return 2 if self.minor and self.kind == "accompaniment" else 1


@dataclass(frozen=True)
class Candidate:
    """A member, as far as it decides what they are asked.

    ``load`` counts assignments of this week, past ones too; ``weekly_cap`` None is no limit.
    ``busy`` are the times of other assignments. ``away`` is whoever cannot be asked for now.
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
    """Somebody to ask: ``rank`` counts from 1, a lower ``cost`` fits better.

    ``reasons`` are for the desk, in plain words, what speaks for them first.
    """

    member_id: UUID
    rank: int
    cost: int
    reasons: tuple[str, ...] = field(default=())


def do_overlap(one: Window, other: Window) -> bool:
    """Return whether two times have a moment in common; one may end when the other starts."""
    return one[0] < other[1] and other[0] < one[1]
