"""What a member is, and which part of a change one coordinator alone can make."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from app.models import Member
from app.store import Db
from app.vault import RosterMember, read_roster

# Who gains one of these needs a second coordinator: dispatchers hold the key of the desk, and
# coordinators confirm. Else one of them would make a second one, who then confirms everything.
CONFIRMED_ROLES = frozenset(("coordinator", "dispatcher"))


@dataclass(frozen=True)
class Standing:
    """A member's roles, sorted, and whether they are marked for the archive."""

    roles: tuple[str, ...] = ()
    archive: bool = False

    @classmethod
    def of(cls, roles: Iterable[str], *, archive: bool) -> Self:
        """Return a standing; only coordinators hold the archive."""
        known = tuple(sorted(set(roles)))
        return cls(known, archive and "coordinator" in known)

    @classmethod
    def listed(cls, line: RosterMember | None) -> Self:
        """Return what the roster's line gives; nothing to those who have none."""
        return cls.of(line.roles, archive=line.archive) if line else cls()

    @property
    def guarded(self) -> Self:
        """The part of it that is gained only with a confirmation."""
        return type(self)(
            tuple(role for role in self.roles if role in CONFIRMED_ROLES), self.archive
        )

    def gains(self, after: Standing) -> bool:
        """Return whether a change to ``after`` gains what needs a confirmation."""
        roles = set(after.guarded.roles) - set(self.roles)
        return bool(roles) or (after.archive and not self.archive)

    def without_gains(self, after: Standing) -> Standing:
        """Return the part of a change to ``after`` that needs no confirmation.

        Where nothing of it would be left, the member keeps what they have until then.
        """
        roles = {role for role in after.roles if role in self.roles or role not in CONFIRMED_ROLES}
        return Standing.of(roles or self.roles, archive=after.archive and self.archive)


def find_standing(db: Db, member: Member) -> Standing:
    """Return what the roster says of a member; before it names them, what they were invited for."""
    line = read_roster(db).by_id.get(member.id)
    return Standing.listed(line) if line else Standing.of(member.roles, archive=member.archive)
