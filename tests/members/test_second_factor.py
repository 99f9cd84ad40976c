from __future__ import annotations

from datetime import timedelta

import pytest

from app.errors import BadRequest, Unauthenticated
from app.members.second_factor import confirm_totp, spend_totp_code
from app.models import Member
from tests.premises import Premises


def spend(premises: Premises, code: str | None, *, require_mfa: bool = True) -> None:
    with premises.writing() as db:
        heron = db.get_one(Member, premises.id("heron"))
        keys = premises.residents["heron"].keys
        spend_totp_code(db, heron, keys, code, premises.now, require_mfa=require_mfa)


def code(premises: Premises) -> str:
    return premises.residents["heron"].totp_code(premises.now)


def test_the_right_code_is_accepted_once(premises: Premises) -> None:
    spend(premises, code(premises))
    with pytest.raises(Unauthenticated):
        spend(premises, code(premises))


def test_none_is_asked_for_where_none_is_required(shared_premises: Premises) -> None:
    spend(shared_premises, None, require_mfa=False)
    for wrong in (None, "", "12345"):
        with pytest.raises(Unauthenticated):
            spend(shared_premises, wrong)


def test_confirming_uses_the_code_up(premises: Premises) -> None:
    heron = premises.principal("heron")
    with premises.writing() as db, pytest.raises(BadRequest):
        confirm_totp(db, heron, "12345", premises.now)
    with premises.writing() as db:
        confirm_totp(db, heron, code(premises), premises.now)
    assert premises.member("heron").totp_confirmed
    assert premises.log()[-1] == "totp.confirmed"
    with pytest.raises(Unauthenticated):
        spend(premises, code(premises))
    premises.clock.advance(timedelta(seconds=30))
    spend(premises, code(premises))
