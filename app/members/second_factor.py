"""A member's second factor: the secret of their authenticator app, and the codes it shows.

Whether a member confirmed it lies sealed with the secret: who writes to the database cannot undo
it. ``totp_confirmed`` repeats it for colleagues, who cannot open it; it decides nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Self

from app import audit
from app.access import Principal
from app.crypto import MemberKeys, Purpose, SealBroken, find_accepted_step, lock, unlock
from app.errors import BadRequest, Unauthenticated
from app.members.member_keys import store_under_layer
from app.members.refused_codes import CodeRefused
from app.models import Member
from app.store import Db

_CONFIRMED, _STEP_BYTES = b"\1", 8


@dataclass(frozen=True)
class SecondFactor:
    """The secret of an app, the last time step whose code was used, and whether it was confirmed.

    Sealed as one byte, the step in eight, and the secret.
    """

    secret: bytes = field(repr=False)
    last_step: int = 0
    confirmed: bool = False

    def dump(self) -> bytes:
        """Return it as it is sealed."""
        flag = _CONFIRMED if self.confirmed else b"\0"
        return flag + self.last_step.to_bytes(_STEP_BYTES, "big") + self.secret

    @classmethod
    def load(cls, plaintext: bytes) -> Self:
        """Return what ``dump`` wrote."""
        step, secret = plaintext[1 : 1 + _STEP_BYTES], plaintext[1 + _STEP_BYTES :]
        return cls(secret, int.from_bytes(step, "big"), plaintext[:1] == _CONFIRMED)

    def spend(self, code: str, now: datetime) -> Self | None:
        """Return it with a code used up; None where that is wrong or was used before."""
        step = find_accepted_step(self.secret, code, now, self.last_step)
        return None if step is None else replace(self, last_step=step)


def store_second_factor(
    db: Db, member: Member, keys: MemberKeys, factor: SecondFactor, now: datetime
) -> None:
    """Seal a second factor to its member, under the forgetting layer."""
    member.totp_version += 1
    member.totp_confirmed = factor.confirmed
    context = db.keys.context("members", "totp", member.id, member.totp_version)
    inner = lock(keys.totp_key, Purpose.TOTP, 0, context, factor.dump())
    store_under_layer(db, member, "totp", inner, now)


def open_second_factor(db: Db, member: Member, keys: MemberKeys) -> SecondFactor:
    """Return a member's second factor. SealBroken where somebody changed or took it."""
    inner = db.keys.remember("members", "totp", member.id, member.totp)
    context = db.keys.context("members", "totp", member.id, member.totp_version)
    return SecondFactor.load(unlock(keys.totp_key, Purpose.TOTP, 0, context, inner))


def spend_totp_code(
    db: Db, member: Member, keys: MemberKeys, code: str | None, now: datetime, *, require_mfa: bool
) -> None:
    """Use up a code. It is needed where the server asks it of everybody, or was confirmed.

    CodeRefused where it is wrong, was used before, or is missing. Unauthenticated where the factor
    does not open: what somebody took out of the database is not less than a wrong code.
    """
    try:
        factor = open_second_factor(db, member, keys)
    except SealBroken as error:
        raise Unauthenticated from error
    if not code and not (require_mfa or factor.confirmed):
        return
    spent = factor.spend(code or "", now)
    if spent is None:
        raise CodeRefused(member.id)
    store_second_factor(db, member, keys, spent, now)


def confirm_totp(db: Db, principal: Principal, code: str, now: datetime) -> None:
    """Note that a member's app shows the right codes; from then on every sign-in needs one.

    BadRequest.
    """
    member = db.get_one(Member, principal.member_id, with_for_update=True)
    spent = open_second_factor(db, member, principal.keys).spend(code, now)
    if spent is None:
        raise BadRequest("This code is not right. Check the clock of the phone, and try the next.")
    store_second_factor(db, member, principal.keys, replace(spent, confirmed=True), now)
    audit.record(db, "totp.confirmed", member.id, member.id, now)
