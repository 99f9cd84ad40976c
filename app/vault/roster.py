"""The roster: one signed document of members, roles, keys and teams.

A version is signed by a coordinator of the version before it. The newest version and its hash
also stand in the anchor file, outside the database, and may never fall.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from hashlib import sha256
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.access import DESK, Principal
from app.crypto import KeyFiles, MemberKeys, verify_signature
from app.errors import OperatorError
from app.models import RosterVersion
from app.store import Db


@dataclass(frozen=True)
class RosterMember:
    """A member as the roster vouches for them."""

    id: UUID
    roles: tuple[str, ...]
    archive: bool
    kem_public: bytes = field(repr=False)
    verify_key: bytes = field(repr=False)

    def in_team(self, team: str) -> bool:
        """Return whether this member holds the team's seed."""
        if team == DESK:
            return "dispatcher" in self.roles
        return self.archive and "coordinator" in self.roles


@dataclass(frozen=True)
class Team:
    """A team's current epoch and public half."""

    epoch: int
    public: bytes = field(repr=False)


@dataclass(frozen=True)
class Roster:
    """One verified version."""

    version: int
    previous: str
    members: tuple[RosterMember, ...]
    teams: Mapping[str, Team]
    # Members who left stay here: an old row written back into the database revives none of them.
    removed: tuple[UUID, ...] = ()

    @cached_property
    def by_id(self) -> dict[UUID, RosterMember]:
        """The members by id."""
        return {member.id: member for member in self.members}

    def team(self, name: str) -> tuple[RosterMember, ...]:
        """Return the members who hold a team's seed."""
        return tuple(member for member in self.members if member.in_team(name))

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
                }
                for member in sorted(self.members, key=lambda member: str(member.id))
            ],
            "teams": {
                name: {"epoch": team.epoch, "public": team.public.hex()}
                for name, team in self.teams.items()
            },
            "removed": sorted(str(member_id) for member_id in self.removed),
        }
        return json.dumps(content, sort_keys=True, separators=(",", ":")).encode()

    @cached_property
    def hash(self) -> str:
        """The SHA-256 of the document, in hex."""
        return sha256(self.document).hexdigest()


class RosterRefused(OperatorError):
    """The list of members in the database is not the one this server last vouched for."""


def parse_roster(document: bytes) -> Roster:
    """Read a roster document. RosterRefused for one that is none."""
    try:
        return _parse(json.loads(document))
    except (ValueError, TypeError, KeyError, AttributeError):
        raise RosterRefused("The list of members does not read: it was changed.") from None


def _parse(content: Any) -> Roster:
    return Roster(
        content["version"],
        content["previous"],
        tuple(
            RosterMember(
                UUID(member["id"]),
                tuple(member["roles"]),
                member["archive"],
                bytes.fromhex(member["kem"]),
                bytes.fromhex(member["sig"]),
            )
            for member in content["members"]
        ),
        {
            name: Team(team["epoch"], bytes.fromhex(team["public"]))
            for name, team in content["teams"].items()
        },
        tuple(UUID(member_id) for member_id in content["removed"]),
    )


def found_roster(db: Db, roster: Roster, signer: UUID, keys: MemberKeys) -> None:
    """Store the first version, signed by its own coordinator."""
    _store(db, roster, signer, keys)


def hold_roster(db: Db) -> Roster:
    """Return the list, and let no other transaction change it until this one ends.

    Each change locks the row of the oldest version first. So of two changes at one instant the
    second signs the version that follows the first.
    """
    oldest = select(RosterVersion.version).order_by(RosterVersion.version).limit(1)
    db.execute(oldest.with_for_update())
    db.info.pop("roster", None)
    db.info.pop("roster_version", None)
    return read_roster(db)


def publish_roster(db: Db, principal: Principal, roster: Roster) -> Roster:
    """Store the next version, signed by ``principal``; the anchor follows the commit.

    A member who is not in it any more counts as removed from then on.
    """
    before = read_roster(db)
    signer = before.by_id.get(principal.member_id)
    if signer is None or "coordinator" not in signer.roles:
        raise RosterRefused("only a coordinator signs the roster")
    gone = before.by_id.keys() - roster.by_id.keys()
    after = replace(
        roster,
        version=before.version + 1,
        previous=before.hash,
        removed=tuple(sorted({*before.removed, *roster.removed, *gone}, key=str)),
    )
    _store(db, after, principal.member_id, principal.keys)
    return after


def _store(db: Db, roster: Roster, signer: UUID, keys: MemberKeys) -> None:
    db.add(
        RosterVersion(
            version=roster.version,
            document=roster.document,
            signer=signer,
            signature=keys.sign(roster.document),
        )
    )
    db.flush()
    db.info["roster"] = roster  # for the rest of this transaction, which may yet be rolled back
    files = db.keys.files
    db.on_commit(lambda: _advance_anchor(files, roster))


def _advance_anchor(files: KeyFiles, roster: Roster) -> None:
    files.write_anchor({"version": roster.version, "hash": roster.hash})


def read_roster(db: Db) -> Roster:
    """Return the newest version, verified against the one before it and the anchor.

    The verified version is kept in the keyring, so that this costs one look-up per transaction.
    """
    if "roster" in db.info:
        published: Roster = db.info["roster"]
        return published
    newest = db.info.get("roster_version") or db.scalar(
        select(RosterVersion.version).order_by(RosterVersion.version.desc()).limit(1)
    )
    known = db.keys.recall(Roster)
    if known is None or known.version != newest:
        known = _verified(db, known)
        db.keys.keep(known)
    db.info["roster"] = known
    return known


def _verified(db: Db, known: Roster | None) -> Roster:
    """Walk the chain from the newest version this server vouches for to the newest stored."""
    anchor = db.keys.files.read_anchor()
    trusted = known.version if known else int(str(anchor.get("version", 1)))
    rows = db.scalars(
        select(RosterVersion)
        .where(RosterVersion.version >= trusted)
        .order_by(RosterVersion.version)
    ).all()
    if not rows or rows[0].version != trusted:
        raise RosterRefused
    roster = parse_roster(rows[0].document)
    expected = known.hash if known else anchor.get("hash")
    if roster.hash != expected or roster.document != rows[0].document:
        raise RosterRefused
    for row in rows[1:]:
        roster = _next(roster, row)
    return roster


def _next(before: Roster, row: RosterVersion) -> Roster:
    after = parse_roster(row.document)
    signer = before.by_id.get(row.signer)
    if (
        after.version != before.version + 1
        or after.previous != before.hash
        or signer is None
        or "coordinator" not in signer.roles
        or not verify_signature(signer.verify_key, row.signature, row.document)
    ):
        raise RosterRefused
    return after


def check_roster_at_start(db: Db) -> Roster:
    """Verify the stored chain from the anchor on and advance the anchor along it."""
    db.keys.forget_kept(Roster)
    roster = read_roster(db)
    _advance_anchor(db.keys.files, roster)
    return roster
