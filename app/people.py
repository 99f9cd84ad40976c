"""Members: joining by invitation, keys and second factor, roles, leaving, recovery."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import delete, select

from app import audit, grants, roster, seeking
from app.access import ARCHIVE, DESK, ROLES, Permission, Principal
from app.crypto import Context, MemberKeys, Purpose, SealBroken, day_number, lock, new_seed, unlock
from app.crypto import totp as one_time
from app.crypto.passphrases import (
    MIN_PASSPHRASE,
    invitation_lookup,
    new_invitation_code,
    new_recovery_code,
    new_salt,
    passphrase_key,
    recovery_key,
)
from app.db import Db
from app.errors import BadRequest, LastKeyHolder, NotFound, StaleVersion, Unauthenticated
from app.models import ROUNDING, Invitation, Member, TeamWrap, rounded
from app.safe_hours import parse_hours

INVITATION_LIFE = timedelta(hours=72)
HANDLE = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,38}[a-z0-9])?")
PROFILE = (
    "name",
    "phone",
    "languages",
    "regions",
    "skills",
    "weekly_cap",
    "vetted_on",
    "quiet_hours",
)
_PURPOSES = {"seed_wrap": Purpose.MEMBER_SEED, "recovery_wrap": Purpose.RECOVERY_SEED}


class HandleTaken(BadRequest):
    """Somebody already uses this name. Please choose another."""


class HandleRefused(BadRequest):
    """A name has 1 to 40 small letters, digits, dots or dashes. Choose a pseudonym."""


class PassphraseTooShort(BadRequest):
    """A passphrase has at least 12 characters; several words are easier to remember."""


class InvitationRefused(BadRequest):
    """This invitation does not exist, was used, or is older than 72 hours. Ask for a new one."""


@dataclass(frozen=True)
class Secrets:
    """A newcomer's keys before anything is stored; made outside any transaction, for it is slow."""

    keys: MemberKeys
    salt: bytes
    passphrase_key: bytes
    recovery_code: str
    totp_secret: bytes

    def __repr__(self) -> str:
        return "Secrets(…)"


@dataclass(frozen=True)
class Enrolled:
    """A new member with what is shown once."""

    member: Member
    recovery_code: str
    totp_uri: str

    def __repr__(self) -> str:
        return "Enrolled(…)"


def clean_handle(handle: str) -> str:
    """Return a handle as it is stored; HandleRefused."""
    name = handle.strip().casefold()
    if not HANDLE.fullmatch(name):
        raise HandleRefused
    return name


def present(db: Db, handle: str, *, lock_row: bool = False) -> Member | None:
    """Return the member of that name, however it was typed; None where there is none."""
    name = handle.strip().casefold()
    if not HANDLE.fullmatch(name):  # a database refuses some texts that are no name
        return None
    query = select(Member).where(Member.handle == name, Member.state != "removed")
    return db.scalar(query.with_for_update() if lock_row else query)


def check_passphrase(passphrase: str) -> None:
    """Raise PassphraseTooShort."""
    if len(passphrase.strip()) < MIN_PASSPHRASE:
        raise PassphraseTooShort


def make_secrets(passphrase: str) -> Secrets:
    """Make a newcomer's keys; about a quarter of a second. PassphraseTooShort."""
    check_passphrase(passphrase)
    salt = new_salt()
    key = passphrase_key(passphrase, salt)
    return Secrets(MemberKeys(new_seed()), salt, key, new_recovery_code(), one_time.new_secret())


def enrol(
    db: Db,
    secrets: Secrets,
    *,
    handle: str,
    roles: Sequence[str],
    state: str,
    profile: Mapping[str, Any],
    now: datetime,
) -> Enrolled:
    """Store a new member with their wrapped seed. HandleRefused, HandleTaken."""
    handle = clean_handle(handle)
    if db.scalar(select(Member.id).where(Member.handle == handle)):
        raise HandleTaken
    member_id, keys = uuid4(), secrets.keys
    member = Member(
        id=member_id,
        handle=handle,
        roles=sorted(set(roles)),
        state=state,
        archive="coordinator" in roles,
        joined_at=rounded(now),
        version=1,
        kem_public=keys.pair.public,
        verify_key=keys.verify_key,
        passphrase_salt=secrets.salt,
        totp_version=0,
        totp_confirmed=False,
        **db.keys.new_row("members", member_id, _profile(profile), now),
    )
    member.keys_mac = db.keys.public_key_mac("members", member_id, 0, _vouched_for(member))
    _wrap_seed(db, member, "seed_wrap", secrets.passphrase_key, keys, now)
    _wrap_seed(db, member, "recovery_wrap", recovery_key(secrets.recovery_code), keys, now)
    _store_totp(db, member, keys, secrets.totp_secret, 0)
    db.add(member)
    db.flush()
    uri = one_time.uri(secrets.totp_secret, handle)
    return Enrolled(member, secrets.recovery_code, uri)


def _profile(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: values.get(name) for name in PROFILE}


# -- seeds


def _wrap_seed(
    db: Db, member: Member, column: str, key: bytes, keys: MemberKeys, now: datetime
) -> None:
    inner = lock(key, _PURPOSES[column], 0, _seed_context(db, member, column), keys.seed)
    setattr(member, column, db.keys.forget("members", column, member.id, inner, now))
    _rewrap_siblings(db, member, now)


def _rewrap_siblings(db: Db, member: Member, now: datetime) -> None:
    """Bring the row's other wraps to the same day, which is what ``shred_day`` promises."""
    today = day_number(now)
    if member.shred_day in (None, today):
        return
    for column in ("seed_wrap", "recovery_wrap", "op_key"):
        outer = getattr(member, column)
        if outer is not None:
            inner = db.keys.remember("members", column, member.id, outer)
            setattr(member, column, db.keys.forget("members", column, member.id, inner, now))
    member.shred_day = today


def _seed_context(db: Db, member: Member, column: str) -> Context:
    return db.keys.context("members", column, member.id)


def open_seed(db: Db, member: Member, column: str, key: bytes) -> MemberKeys:
    """Open a member's seed with a passphrase's or recovery code's key; SealBroken."""
    inner = db.keys.remember("members", column, member.id, getattr(member, column))
    seed = unlock(key, _PURPOSES[column], 0, _seed_context(db, member, column), inner)
    keys = MemberKeys(seed)
    check_row(db, member)
    if (keys.pair.public, keys.verify_key) != (member.kem_public, member.verify_key):
        raise SealBroken
    return keys


def check_row(db: Db, member: Member) -> None:
    """Raise SealBroken unless this server vouched for the row's keys and roles.

    Whoever can write to the database could else invite themselves to the desk.
    """
    db.keys.check_public_key("members", member.id, 0, _vouched_for(member), member.keys_mac)


def _vouched_for(member: Member) -> bytes:
    roles = json.dumps([sorted(member.roles), member.archive]).encode()
    return member.kem_public + member.verify_key + roles


# -- second factor


def _store_totp(db: Db, member: Member, keys: MemberKeys, secret: bytes, last_step: int) -> None:
    member.totp_version += 1
    context = db.keys.context("members", "totp", member.id, member.totp_version)
    plaintext = last_step.to_bytes(8, "big") + secret
    member.totp = lock(keys.totp_key, Purpose.TOTP, 0, context, plaintext)


def totp_secret(db: Db, member: Member, keys: MemberKeys) -> tuple[bytes, int]:
    """Return a member's second-factor secret and the last step used."""
    context = db.keys.context("members", "totp", member.id, member.totp_version)
    plaintext = unlock(keys.totp_key, Purpose.TOTP, 0, context, member.totp or b"")
    return plaintext[8:], int.from_bytes(plaintext[:8], "big")


def spend_code(
    db: Db, member: Member, keys: MemberKeys, code: str | None, now: datetime, *, required: bool
) -> None:
    """Use up a second-factor code; Unauthenticated where it is wrong, used, or missing."""
    if not code and not required:
        return
    secret, last_step = totp_secret(db, member, keys)
    step = one_time.accepted_step(secret, code or "", now, last_step)
    if step is None:
        raise Unauthenticated
    _store_totp(db, member, keys, secret, step)


def confirm_totp(db: Db, principal: Principal, code: str, now: datetime) -> None:
    """Note that the member's app shows the right codes; from then on every sign-in needs one."""
    member = db.get_one(Member, principal.member_id)
    secret, last_step = totp_secret(db, member, principal.keys)
    step = one_time.accepted_step(secret, code, now, last_step)
    if step is None:
        raise BadRequest("This code is not right. Check the clock of the phone, and try the next.")
    _store_totp(db, member, principal.keys, secret, step)
    member.totp_confirmed = True
    audit.record(db, "totp.confirmed", member.id, member.id, now)


# -- invitations


def invite(
    db: Db,
    principal: Principal,
    roles: Sequence[str],
    languages: Sequence[str],
    regions: Sequence[str],
    now: datetime,
) -> tuple[str, datetime]:
    """Make a one-time code; return it with its last instant."""
    principal.require(Permission.INVITATIONS)
    check_roles(roles)
    code, invitation_id, expires_at = new_invitation_code(), uuid4(), now + INVITATION_LIFE
    lookup = invitation_lookup(code)
    # Code and end stand in the sealed values too: plain columns are not to be trusted with them.
    values = {
        "code": lookup.hex(),
        "expires_at": expires_at.isoformat(),
        "roles": sorted(set(roles)),
        "languages": list(languages),
        "regions": list(regions),
    }
    db.add(
        Invitation(
            id=invitation_id,
            code_lookup=lookup,
            invited_by=principal.member_id,
            expires_at=rounded(expires_at) + ROUNDING,
            **db.keys.new_row("invitations", invitation_id, values, now),
        )
    )
    audit.record(db, "invitation.made", principal.member_id, invitation_id, now)
    return code, expires_at


def check_roles(roles: Iterable[str]) -> None:
    """Raise BadRequest for an unknown role or none."""
    if not roles or set(roles) - set(ROLES):
        raise BadRequest(f"Roles are: {', '.join(ROLES)}.")


def redeem(
    db: Db,
    secrets: Secrets,
    *,
    code: str,
    handle: str,
    name: str | None,
    phone: str | None,
    now: datetime,
) -> Enrolled:
    """Turn an invitation into a member who waits for the roster. InvitationRefused."""
    lookup = invitation_lookup(code)
    invitation = db.scalar(
        select(Invitation).where(Invitation.code_lookup == lookup).with_for_update()
    )
    if invitation is None or invitation.redeemed_by:
        raise InvitationRefused
    offered = db.keys.open_row("invitations", invitation)
    if offered.get("code") != lookup.hex() or datetime.fromisoformat(offered["expires_at"]) <= now:
        raise InvitationRefused
    enrolled = enrol(
        db,
        secrets,
        handle=handle,
        roles=offered["roles"],
        state="waiting",
        profile={**offered, "name": name, "phone": phone},
        now=now,
    )
    invitation.redeemed_by = enrolled.member.id
    invitation.op_key = invitation.op_values = None
    audit.record(db, "invitation.redeemed", enrolled.member.id, invitation.id, now)
    return enrolled


# -- the next request of a colleague


def someone_waits(db: Db) -> bool:
    """Return whether a newcomer waits for the roster or for a team's key."""
    waiting = select(Member.id).where(Member.state.in_(("waiting", "joining"))).limit(1)
    return db.scalar(waiting) is not None


def welcome(db: Db, principal: Principal, now: datetime) -> None:
    """Do for newcomers what this member's keys allow: sign them in, pass team seeds on."""
    newcomers = db.scalars(
        select(Member).where(Member.state.in_(("waiting", "joining"))).with_for_update()
    ).all()
    if principal.may(Permission.MEMBERS):
        _admit(db, principal, [m for m in newcomers if m.state == "waiting"], now)
    listed = roster.current(db).by_id
    for member in newcomers:
        if member.state == "joining" and member.id in listed:
            _pass_on(db, principal, member, now)


def _admit(db: Db, principal: Principal, members: Sequence[Member], now: datetime) -> None:
    if not members:
        return
    before = roster.current(db)
    if any(member.id in before.removed for member in members):
        raise SealBroken  # somebody wrote an old row back
    listed = [_vouched(db, member) for member in members]
    grants.publish_members(db, principal, (*before.members, *listed), (), now)
    for member in members:
        member.state = "joining"
        audit.record(db, "member.admitted", principal.member_id, member.id, now)


def _vouched(db: Db, member: Member) -> roster.RosterMember:
    """Return the roster's line for a newcomer whose row carries this server's MAC; SealBroken."""
    check_row(db, member)
    return roster.RosterMember(
        member.id, tuple(member.roles), member.archive, member.kem_public, member.verify_key
    )


def _pass_on(db: Db, principal: Principal, member: Member, now: datetime) -> None:
    listed = roster.current(db)
    for team in (DESK, ARCHIVE):
        if listed.by_id[member.id].in_team(team) and listed.by_id[principal.member_id].in_team(
            team
        ):
            _pass_team_on(db, principal, member.id, team, now)
    held = set(
        db.execute(
            select(TeamWrap.team, TeamWrap.epoch).where(TeamWrap.member_id == member.id)
        ).all()
    )
    needed = {
        (team, current.epoch)
        for team, current in listed.teams.items()
        if listed.by_id[member.id].in_team(team)
    }
    if needed <= held:
        member.state = "active"


def _pass_team_on(db: Db, principal: Principal, member_id: UUID, team: str, now: datetime) -> None:
    wraps = db.scalars(
        select(TeamWrap).where(
            TeamWrap.team == team, TeamWrap.member_id.in_((principal.member_id, member_id))
        )
    ).all()
    theirs = {wrap.epoch for wrap in wraps if wrap.member_id == member_id}
    mine = {wrap.epoch for wrap in wraps if wrap.member_id == principal.member_id}
    for epoch in sorted(mine - theirs):
        keys = grants.team_keys(db, principal, team, epoch)
        grants.share_team(db, team, epoch, keys, [member_id], now)
    db.flush()


# -- changing and leaving


def change_profile(db: Db, member: Member, changes: Mapping[str, Any]) -> None:
    """Replace parts of a member's operational profile."""
    values = db.keys.open_row("members", member)
    if "quiet_hours" in changes:
        changes = {**changes, "quiet_hours": parse_hours(changes["quiet_hours"])}
    values.update({name: changes[name] for name in PROFILE if name in changes})
    db.keys.replace_values("members", member, values)
    member.version += 1


def change_me(
    db: Db, principal: Principal, version: int, changes: Mapping[str, Any], now: datetime
) -> Member:
    """Change one's own profile. StaleVersion."""
    member = find(db, principal.member_id)
    if member.version != version:
        raise StaleVersion(member.version)
    change_profile(db, member, changes)
    audit.record(db, "member.changed", member.id, member.id, now)
    return member


def find(db: Db, member_id: UUID) -> Member:
    """Return a present member; NotFound."""
    member = db.get(Member, member_id, with_for_update=True)
    if member is None or member.state == "removed":
        raise NotFound
    return member


def change_member(
    db: Db,
    principal: Principal,
    member_id: UUID,
    version: int,
    changes: Mapping[str, Any],
    acknowledge: str | None,
    now: datetime,
) -> Member:
    """Change a member's roles and profile. StaleVersion, LastKeyHolder, BadRequest."""
    principal.require(Permission.MEMBERS)
    if changes.get("roles") is not None:
        seeking.touched_by(db, member_id)  # requests are locked before their people
    member = find(db, member_id)
    if member.version != version:
        raise StaleVersion(member.version)
    change_profile(db, member, changes)
    roles = changes.get("roles")
    archive = changes.get("archive")
    if roles is not None or archive is not None:
        check_row(db, member)
        new_roles = sorted(set(roles if roles is not None else member.roles))
        check_roles(new_roles)
        keeps_archive = "coordinator" in new_roles and (
            archive if archive is not None else member.archive or "coordinator" not in member.roles
        )
        _change_roles(db, principal, member, new_roles, keeps_archive, acknowledge, now)
    audit.record(db, "member.changed", principal.member_id, member.id, now)
    return member


def _change_roles(
    db: Db,
    principal: Principal,
    member: Member,
    roles: Sequence[str],
    archive: bool,
    acknowledge: str | None,
    now: datetime,
) -> None:
    before = roster.current(db)
    if set(member.roles) - set(roles):
        seeking.step_back(db, member.id, now)
    member.roles, member.archive = list(roles), archive
    member.keys_mac = db.keys.public_key_mac("members", member.id, 0, _vouched_for(member))
    if member.id not in before.by_id:
        return
    line = replace(before.by_id[member.id], roles=tuple(roles), archive=archive)
    _republish(db, principal, member, line, acknowledge, now)
    member.state = "joining"
    _pass_on(db, principal, member, now)


def remove(
    db: Db, principal: Principal, member_id: UUID, acknowledge: str | None, now: datetime
) -> Member:
    """Take a member out: wraps go at once, their teams and live cases get new keys.

    ``acknowledge`` must be the member's handle where they are a team's last key holder.
    """
    principal.require(Permission.MEMBERS)
    seeking.touched_by(db, member_id)  # requests are locked before their people
    member = find(db, member_id)
    before = roster.current(db)
    if member.id in before.by_id:
        _republish(db, principal, member, None, acknowledge, now)
    else:
        roster.publish(db, principal, replace(before, removed=(*before.removed, member.id)))
    member.state = "removed"
    member.seed_wrap = member.recovery_wrap = member.totp = None
    member.op_key = member.op_values = None
    member.version += 1
    seeking.leave(db, member.id, now)
    audit.record(db, "member.removed", principal.member_id, member.id, now)
    return member


def _republish(
    db: Db,
    principal: Principal,
    member: Member,
    line: roster.RosterMember | None,
    acknowledge: str | None,
    now: datetime,
) -> None:
    """Sign the list with a member's line replaced (or dropped) and re-key the teams they left."""
    before = roster.current(db)
    others = [other for other in before.members if other.id != member.id]
    members = [*others, line] if line else others
    if not any("coordinator" in other.roles for other in members):
        raise LastKeyHolder("Somebody has to remain a coordinator.")
    left = [
        team
        for team in (DESK, ARCHIVE)
        if before.by_id[member.id].in_team(team) and not (line and line.in_team(team))
    ]
    for team in left:
        if not any(other.in_team(team) for other in others) and acknowledge != member.handle:
            raise LastKeyHolder
    for team in left:
        db.execute(delete(TeamWrap).where(TeamWrap.member_id == member.id, TeamWrap.team == team))
    grants.publish_members(db, principal, members, left, now)


# -- recovery


def recover(
    db: Db, *, handle: str, recovery_code: str, salt: bytes, key: bytes, now: datetime
) -> tuple[Member, MemberKeys, str]:
    """Open a seed with its recovery code and wrap it under a new passphrase's key.

    The code is used up: return the member, their keys, and the next code. Unauthenticated.
    """
    member = present(db, handle, lock_row=True)
    if member is None:
        raise Unauthenticated
    try:
        keys = open_seed(db, member, "recovery_wrap", recovery_key(recovery_code))
    except SealBroken as error:
        raise Unauthenticated from error
    member.passphrase_salt = salt
    next_code = new_recovery_code()
    _wrap_seed(db, member, "seed_wrap", key, keys, now)
    _wrap_seed(db, member, "recovery_wrap", recovery_key(next_code), keys, now)
    audit.record(db, "member.recovered", member.id, member.id, now)
    return member, keys, next_code


def listed(db: Db) -> list[Member]:
    """Return all present members by handle."""
    return list(db.scalars(select(Member).where(Member.state != "removed").order_by(Member.handle)))


def handles(db: Db) -> dict[UUID, str]:
    """Return the handles of all members, removed ones too: the log still names them."""
    return dict(db.execute(select(Member.id, Member.handle)).all())
