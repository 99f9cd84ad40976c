"""The document of the roster: members with their roles and keys, teams, the operational key."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from hashlib import sha256
from typing import Any
from uuid import UUID

from app.access import DESK
from app.errors import OperatorError


class RosterRefused(OperatorError):
    """The list of members in the database is not the one this server last vouched for."""


@dataclass(frozen=True)
class RosterMember:
    """A member as the roster vouches for them; ``since`` is the version that made this line."""

    id: UUID
    roles: tuple[str, ...]
    archive: bool
    kem_public: bytes = field(repr=False)
    verify_key: bytes = field(repr=False)
    since: int = 0

    def in_team(self, team: str) -> bool:
        """Return whether this member holds the team's seed."""
        if team == DESK:
            return "dispatcher" in self.roles
        return self.archive and "coordinator" in self.roles


@dataclass(frozen=True)
class Team:
    """The public halves of a team's epochs in use. What is new is sealed to the newest one."""

    publics: Mapping[int, bytes] = field(repr=False)

    @property
    def epoch(self) -> int:
        """The newest epoch."""
        return max(self.publics)

    @property
    def public(self) -> bytes:
        """The public half of the newest epoch."""
        return self.publics[self.epoch]


@dataclass(frozen=True)
class Roster:
    """One verified version. RosterRefused where one member would stand in it twice."""

    version: int
    previous: str
    members: tuple[RosterMember, ...]
    teams: Mapping[str, Team]
    # The public half of the operational key.
    operational: bytes = field(repr=False)
    # Members who left stay here: an old row written back into the database revives none of them.
    removed: tuple[UUID, ...] = ()

    def __post_init__(self) -> None:
        """Refuse two lines of one member, of which nobody could say which counts."""
        ids = [*(member.id for member in self.members), *self.removed]
        if len(ids) != len(set(ids)):
            raise RosterRefused("a member stands twice in the list of members")

    @cached_property
    def by_id(self) -> dict[UUID, RosterMember]:
        """The members by id."""
        return {member.id: member for member in self.members}

    def team(self, name: str) -> tuple[RosterMember, ...]:
        """Return the members who hold a team's seed."""
        return tuple(member for member in self.members if member.in_team(name))

    def follow(self, wanted: Roster) -> Roster:
        """Return the version after this one, with the members and teams of ``wanted``.

        Lines that changed say since when; who is not in it any more counts as removed.
        """
        version = self.version + 1
        gone = self.by_id.keys() - wanted.by_id.keys()
        return replace(
            wanted,
            version=version,
            previous=self.hash,
            members=tuple(self._date(line, version) for line in wanted.members),
            removed=tuple(sorted({*self.removed, *wanted.removed, *gone}, key=str)),
        )

    def _date(self, line: RosterMember, version: int) -> RosterMember:
        known = self.by_id.get(line.id)
        same = known is not None and replace(line, since=known.since) == known
        return replace(line, since=known.since if known and same else version)

    @cached_property
    def document(self) -> bytes:
        """The canonical bytes that are signed."""
        content = {
            "version": self.version,
            "previous": self.previous,
            "members": [
                {
                    "id": str(member.id),
                    "roles": sorted(member.roles),
                    "archive": member.archive,
                    "kem": member.kem_public.hex(),
                    "sig": member.verify_key.hex(),
                    "since": member.since,
                }
                for member in sorted(self.members, key=lambda member: str(member.id))
            ],
            "teams": {
                name: {str(epoch): public.hex() for epoch, public in team.publics.items()}
                for name, team in self.teams.items()
            },
            "operational": self.operational.hex(),
            "removed": sorted(str(member_id) for member_id in self.removed),
        }
        return json.dumps(content, sort_keys=True, separators=(",", ":")).encode()

    @cached_property
    def hash(self) -> str:
        """The SHA-256 of the document, in hex."""
        return hash_document(self.document)


def hash_document(document: bytes) -> str:
    """Return the SHA-256 of a document, in hex."""
    return sha256(document).hexdigest()


def parse_roster(document: bytes) -> Roster:
    """Read a document whose hash or signature was checked. RosterRefused.

    It is refused unless its bytes are the canonical ones, and where a member stands in it twice.
    """
    try:
        roster = _parse(json.loads(document))
    except (ValueError, TypeError, KeyError, AttributeError):
        raise RosterRefused("The list of members does not read: it was changed.") from None
    if roster.document != document:
        raise RosterRefused
    return roster


def _parse(content: Any) -> Roster:
    return Roster(
        content["version"],
        content["previous"],
        tuple(_parse_member(member) for member in content["members"]),
        {
            name: Team({int(epoch): bytes.fromhex(public) for epoch, public in publics.items()})
            for name, publics in content["teams"].items()
        },
        bytes.fromhex(content["operational"]),
        tuple(UUID(member_id) for member_id in content["removed"]),
    )


def _parse_member(member: Mapping[str, Any]) -> RosterMember:
    return RosterMember(
        UUID(member["id"]),
        tuple(member["roles"]),
        member["archive"],
        bytes.fromhex(member["kem"]),
        bytes.fromhex(member["sig"]),
        member["since"],
    )
