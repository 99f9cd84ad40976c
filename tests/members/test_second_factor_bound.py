"""The second factor holds against whoever writes to the database; a wrong code is told of."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Uuid, bindparam, select, text, update

from app.errors import Unauthenticated
from app.members.refused_codes import CODE_REFUSED, TOLD_AGAIN_AFTER
from app.models import AuditEntry, Member
from app.operations.operational_seed import open_operational_seed
from app.texts import MemberNotice, MemberText
from tests.service import PASSPHRASE, Client, House, refusal

PHONE = "+15145550171"


def confirm(house: House, handle: str = "heron") -> None:
    code = house.residents[handle].totp_code(house.clock())
    assert house.as_(handle).post("/v1/members/me/totp", {"code": code}).status_code == 204


def write(house: House, **columns: Any) -> None:
    """What whoever writes to the database does to heron's row."""
    with house.database.transaction() as db:
        mine = Member.id == house.residents["heron"].id
        db.execute(update(Member).where(mine).values(**columns))


def read(house: House, *names: str) -> dict[str, Any]:
    with house.database.snapshot() as db:
        row = db.get_one(Member, house.residents["heron"].id)
        return {name: getattr(row, name) for name in names}


def refused_codes(house: House) -> int:
    with house.database.snapshot() as db:
        about = (AuditEntry.kind == CODE_REFUSED, AuditEntry.actor.is_(None))
        mine = AuditEntry.object == house.residents["heron"].id
        return len(db.scalars(select(AuditEntry.seq).where(*about, mine)).all())


# -- the fact lies where the database cannot write it


def test_one_column_does_not_undo_a_confirmed_second_factor(house: House) -> None:
    """The row does not verify, so nobody signs in with it until it is as it was."""
    confirm(house)
    assert refusal(house.sign_in("heron")) == (401, "unauthenticated")
    _write_column(house, "(1 = 0)")
    assert refusal(house.sign_in("heron")) == (503, "sealed")
    _write_column(house, "(1 = 1)")
    assert refusal(house.sign_in("heron")) == (401, "unauthenticated")
    house.advance(seconds=60)
    code = house.residents["heron"].totp_code(house.clock())
    assert house.sign_in("heron", code).status_code == 201


def _write_column(house: House, value: str) -> None:
    """Write as somebody who holds the database and none of its keys."""
    mine = {"id": house.residents["heron"].id}
    change = text(f"UPDATE members SET totp_confirmed = {value} WHERE id = :id")
    with house.database.engine.begin() as connection:
        connection.execute(change.bindparams(bindparam("id", type_=Uuid)), mine)


def test_nor_does_taking_the_secret_out_or_another_members(house: House) -> None:
    confirm(house)
    with house.database.snapshot() as db:
        other = db.get_one(Member, house.residents["plover"].id)
        exchanged = {"totp": other.totp, "totp_version": other.totp_version}
    for change in ({"totp": None}, {"totp": b""}, {"totp_version": 1}, exchanged):
        write(house, **change)
        assert refusal(house.sign_in("heron")) == (401, "unauthenticated"), change


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_an_unconfirmed_one_of_a_week_ago_does_not_open(house: House) -> None:
    before = read(house, "totp", "totp_version")
    confirm(house)
    for _ in range(9):
        house.advance(days=1)
    write(house, **before, totp_confirmed=False)
    assert house.sign_in("heron").status_code == 503, "its forgetting key is gone"


# -- a code is used up by whatever takes it


def test_the_code_typed_into_kith_unseal_signs_in_nowhere_else(house: House) -> None:
    def unseal(code: str) -> None:
        open_operational_seed(
            house.database,
            handle="heron",
            passphrase=PASSPHRASE,
            code=code,
            require_mfa=True,
            now=house.clock(),
        )

    code = house.residents["heron"].totp_code(house.clock())
    unseal(code)
    assert refusal(house.sign_in("heron", code)) == (401, "unauthenticated")


# -- a right passphrase with a wrong code


def test_it_is_in_the_log_and_its_owner_hears_of_it(house: House) -> None:
    heron = house.as_("heron")
    assert heron.patch("/v1/members/me", {"phone": PHONE}, version="*").status_code == 200
    confirm(house)
    assert (
        house.nobody.post(
            "/v1/sessions", {"handle": "heron", "passphrase": "not the right one", "code": "000000"}
        ).json()
        == house.sign_in("heron", "000000").json()
    ), "one answer for every cause"
    for code in ("111111", None):
        house.sign_in("heron", code)
    house.settle()
    assert refused_codes(house) == 3
    assert house.phone(PHONE).inbox() == [MemberNotice(MemberText.REFUSED_CODE).write("en")], (
        "once, however many"
    )
    house.advance(minutes=20)
    code = house.residents["heron"].totp_code(house.clock())
    assert house.sign_in("heron", code).json()["refused_codes"] == 3
    house.advance(seconds=60)
    code = house.residents["heron"].totp_code(house.clock())
    assert house.sign_in("heron", code).json()["refused_codes"] == 0
    house.advance(seconds=TOLD_AGAIN_AFTER.total_seconds())
    house.sign_in("heron", "222222")
    house.settle()
    assert len(house.phone(PHONE).inbox()) == 2


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_kith_unseal_tells_of_it_too(house: House) -> None:
    with pytest.raises(Unauthenticated):
        open_operational_seed(
            house.database,
            handle="heron",
            passphrase=PASSPHRASE,
            code="000000",
            require_mfa=False,
            now=house.clock(),
        )
    assert refused_codes(house) == 1


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_a_wrong_passphrase_leaves_nothing(house: House) -> None:
    Client(house.http).post(
        "/v1/sessions", {"handle": "heron", "passphrase": "not the right one", "code": "000000"}
    )
    assert refused_codes(house) == 0
