"""The roster: one signed document of members, roles, keys, teams and the operational key.

A version is signed by a coordinator of the version before it. The newest version and its hash
also stand in the anchor file, outside the database, and may never fall. Where a row of the database
says something else of a member or a key, the roster counts.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from app.access import Principal
from app.crypto import KeyFiles, MemberKeys, verify_signature
from app.models import RosterVersion
from app.store import Db
from app.vault.roster_document import Roster, RosterRefused, hash_document, parse_roster


class OperationalKeyReplaced(RosterRefused):
    """The operational key of this database is not the one that the list of members names."""


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

    A member who is not in it any more counts as removed from then on. RosterRefused.
    """
    before = read_roster(db)
    signer = before.by_id.get(principal.member_id)
    if signer is None or "coordinator" not in signer.roles:
        raise RosterRefused("only a coordinator signs the roster")
    after = before.follow(roster)
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
    """Return the newest version, verified against the one before it and the anchor. RosterRefused.

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
    expected = known.hash if known else anchor.get("hash")
    if not rows or rows[0].version != trusted or hash_document(rows[0].document) != expected:
        raise RosterRefused
    roster = parse_roster(rows[0].document)
    for row in rows[1:]:
        roster = _next(roster, row)
    if roster.operational != db.keys.operational_public:
        raise OperationalKeyReplaced
    return roster


def _next(before: Roster, row: RosterVersion) -> Roster:
    """Return the version after ``before``. Nothing of it is read before its signature is good."""
    signer = before.by_id.get(row.signer)
    if (
        signer is None
        or "coordinator" not in signer.roles
        or not verify_signature(signer.verify_key, row.signature, row.document)
    ):
        raise RosterRefused
    after = parse_roster(row.document)
    if (after.version, after.previous) != (before.version + 1, before.hash):
        raise RosterRefused
    return after


def check_roster_at_start(db: Db) -> Roster:
    """Verify the stored chain from the anchor on and advance the anchor along it."""
    db.keys.forget_kept(Roster)
    roster = read_roster(db)
    _advance_anchor(db.keys.files, roster)
    return roster
