"""Somebody can write to the database, and has no key file: they read nothing.

Each test forges what that person could write, and then asks the service as anybody would.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import insert, select, update

from app.crypto import MemberKeys, Purpose, SealBroken, TeamKeys, lock, new_seed, seal_to
from app.crypto.passphrases import (
    derive_token_keys,
    hash_invitation,
    new_invitation_code,
    new_token,
)
from app.models import (
    Case,
    CaseEpoch,
    CaseGrant,
    CaseSheet,
    Invitation,
    Member,
    Message,
    Note,
    RosterVersion,
    SessionRow,
    TeamWrap,
    list_parents,
)
from app.store.db import Db
from app.vault.case_keys import find_public_key
from app.vault.roster import check_roster_at_start, read_roster
from app.vault.roster_document import Roster, RosterMember, RosterRefused
from tests.service import CALLER, PASSPHRASE, Client, House

OTHER = "+15145550188"
REFUSED = 503


# What is written is the same on either database; how a text, a grant and an invitation are read
# and locked is not.
on_both = pytest.mark.parametrize("database_kind", ["sqlite", "postgresql"])


@pytest.fixture
def database_kind() -> str:
    """SQLite, but for the tests of ``on_both``."""
    return "sqlite"


@contextmanager
def writing(house: House) -> Iterator[Db]:
    """A transaction of the person who can write.

    Rows that it changes vouch for themselves again, as if that person held the integrity key: here
    only what is sealed is tried. ``test_changed_rows`` tries rows whose MACs are wrong.
    """
    with house.database.transaction() as db:
        yield db


@contextmanager
def from_outside(house: House) -> Iterator[Db]:
    """A transaction of the person who can write; no key of the server's is used in it."""
    with Db(house.database.engine) as db, db.begin():
        yield db


@pytest.fixture
def case(house: House) -> dict[str, Any]:
    return house.case_of("hello", "1", "2", "they took my brother")


def read(house: House, case_id: str) -> httpx.Response:
    return house.as_("heron").get(f"/v1/cases/{case_id}")


def finds_damaged(house: House, case_id: str) -> set[str]:
    """What a case shows as damaged."""
    return {one["kind"] for one in read(house, case_id).json()["damaged"]}


def takes_in(house: House, body: str) -> bool:
    """Whether a text is stored; else the carrier was told to try elsewhere."""
    house.phone(CALLER).text(body)
    refused = house.service.metrics.webhooks.labels("messages", str(REFUSED))
    return not refused._value.get()


def restarted(house: House) -> None:
    """Forget what the running service vouched for before; it looks at its rows anew."""
    with house.database.snapshot() as db:
        db.keys.forget_kept(Roster)


# -- keys


@on_both
def test_a_swapped_case_key_takes_no_message(house: House, case: dict[str, Any]) -> None:
    mine = TeamKeys(new_seed()).pair.public
    with writing(house) as db:
        db.execute(update(CaseEpoch).values(public=mine))
    assert not takes_in(house, "where is he?")
    note = house.as_("heron").post(f"/v1/cases/{case['id']}/notes", {"body": "she is at home"})
    assert note.status_code == REFUSED
    assert read(house, case["id"]).status_code == REFUSED


def test_the_key_of_another_case_is_no_better(house: House, case: dict[str, Any]) -> None:
    mine = house.case_of("hello", number=OTHER)
    with writing(house) as db:
        epoch = db.get_one(CaseEpoch, (UUID(mine["id"]), 1))
        db.execute(update(CaseEpoch).values(public=epoch.public, mac=epoch.mac))
    assert not takes_in(house, "where is he?")
    with house.database.snapshot() as db, pytest.raises(SealBroken):
        find_public_key(db, UUID(case["id"]), 1)


def test_a_swapped_member_key_gets_no_team_seed(house: House) -> None:
    """Whoever shares the seed looks at the roster first, and refuses keys that differ from it."""
    mine, finch = MemberKeys(new_seed()), house.residents["finch"]
    wren, path = house.as_("wren"), f"/v1/members/{finch.id}"
    version = wren.get(path).headers["etag"]
    with from_outside(house) as db:
        row = update(Member).where(Member.id == finch.id)
        db.execute(row.values(kem_public=mine.pair.public, verify_key=mine.verify_key))
    changed = wren.patch(path, {"roles": ["accompanier", "dispatcher"]}, version=version)
    assert changed.status_code == REFUSED
    with house.database.snapshot() as db:
        assert db.scalars(select(TeamWrap).where(TeamWrap.member_id == finch.id)).all() == []


def test_a_member_whose_keys_were_swapped_cannot_sign_in(house: House) -> None:
    mine = MemberKeys(new_seed())
    with from_outside(house) as db:
        db.execute(update(Member).values(kem_public=mine.pair.public, verify_key=mine.verify_key))
    assert house.sign_in("heron").status_code == REFUSED


# -- ciphertexts


def test_a_message_moved_to_another_case_does_not_open(house: House, case: dict[str, Any]) -> None:
    mine = house.case_of("hello", number=OTHER)
    with writing(house) as db:
        db.execute(update(Message).values(case_id=UUID(mine["id"])))
    assert finds_damaged(house, mine["id"]) == {"message"}


@on_both
def test_a_grant_moved_to_another_case_does_not_open(house: House, case: dict[str, Any]) -> None:
    mine = house.case_of("hello", number=OTHER)
    with writing(house) as db:
        rows = {row.case_id: row for row in db.scalars(select(CaseGrant))}
        rows[UUID(mine["id"])].wrap = rows[UUID(case["id"])].wrap
    assert read(house, mine["id"]).status_code == REFUSED


def test_bodies_exchanged_between_messages_do_not_open(house: House, case: dict[str, Any]) -> None:
    with writing(house) as db:
        first, second, *_ = db.scalars(select(Message).where(Message.direction == "inbound"))
        first.body, second.body = second.body, first.body
    assert finds_damaged(house, case["id"]) == {"message"}


def test_a_note_does_not_open_as_a_message(house: House, case: dict[str, Any]) -> None:
    house.as_("heron").post(f"/v1/cases/{case['id']}/notes", {"body": "her name is on the list"})
    with writing(house) as db:
        [note] = db.scalars(select(Note))
        [message, *_] = db.scalars(select(Message).where(Message.direction == "inbound"))
        message.body = note.body
    assert finds_damaged(house, case["id"]) == {"message"}


def test_an_older_version_of_a_field_does_not_open_as_the_new_one(
    house: House, case: dict[str, Any]
) -> None:
    heron, path = house.as_("heron"), f"/v1/cases/{case['id']}"
    blobs = []
    for place in ("Laval", "released"):
        version = heron.get(path).headers["etag"]
        heron.patch(path, {"fields": {"held_at": place}}, version=version)
        with house.database.snapshot() as db:
            blobs.append(db.get_one(CaseSheet, UUID(case["id"])).fields)
    with writing(house) as db:
        db.get_one(CaseSheet, UUID(case["id"])).fields = blobs[0]
    assert finds_damaged(house, case["id"]) == {"fields"}


def test_one_field_does_not_open_in_the_column_of_another(
    house: House, case: dict[str, Any]
) -> None:
    heron, path = house.as_("heron"), f"/v1/cases/{case['id']}"
    version = heron.get(path).headers["etag"]
    heron.patch(path, {"fields": {"held_at": "Laval"}}, version=version)
    heron.post(f"{path}/hold", {"reason": "a lawyer asks for it"})
    with writing(house) as db:
        sheet = db.get_one(CaseSheet, UUID(case["id"]))
        sheet.hold_reason, sheet.hold_reason_version = sheet.fields, sheet.fields_version
    assert finds_damaged(house, case["id"]) == {"fields"}


def test_operational_values_moved_to_another_row_do_not_open(
    house: House, case: dict[str, Any]
) -> None:
    """Else a reply would go to another phone."""
    mine = house.case_of("hello", number=OTHER)
    with writing(house) as db:
        theirs, ours = db.get_one(Case, UUID(case["id"])), db.get_one(Case, UUID(mine["id"]))
        for name in ("op_key", "op_values", "op_version", "shred_day"):
            setattr(theirs, name, getattr(ours, name))
    reply = house.as_("heron").post(f"/v1/cases/{case['id']}/messages", {"body": "we are coming"})
    assert reply.status_code == REFUSED


def test_an_older_version_of_operational_values_does_not_open_as_the_new_one(
    house: House, case: dict[str, Any]
) -> None:
    with house.database.snapshot() as db:
        old = db.get_one(Case, UUID(case["id"])).op_values
    house.phone(CALLER).text("one more")
    with writing(house) as db:
        db.get_one(Case, UUID(case["id"])).op_values = old
    heron = house.as_("heron")
    assert heron.get("/v1/cases").json()["items"] == [], "the queue goes on without it"
    reply = heron.post(f"/v1/cases/{case['id']}/messages", {"body": "we are coming"})
    assert reply.status_code == REFUSED


# -- the roster


def forged(house: House, signer: str) -> RosterVersion:
    """A next version with a dispatcher of my own, signed with a key I have."""
    mine = MemberKeys(new_seed())
    with house.database.snapshot() as db:
        before = read_roster(db)
    me = RosterMember(uuid4(), ("dispatcher",), False, mine.pair.public, mine.verify_key)
    after = Roster(
        before.version + 1,
        before.hash,
        (*before.members, me),
        before.teams,
        before.operational,
        before.removed,
    )
    resident = house.residents[signer]
    signature = resident.keys.sign(after.document)
    return RosterVersion(
        version=after.version, document=after.document, signer=resident.id, signature=signature
    )


@pytest.mark.parametrize("signer", ["heron", "finch"])
def test_a_roster_signed_by_somebody_who_is_no_coordinator_is_refused(
    house: House, signer: str
) -> None:
    with writing(house) as db:
        db.add(forged(house, signer))
    with house.database.snapshot() as db, pytest.raises(RosterRefused):
        read_roster(db)
    assert house.nobody.get("/v1/cases").status_code == 401


def test_a_roster_with_anothers_signature_is_refused(house: House) -> None:
    version = forged(house, "wren")
    version.signature = version.signature[::-1]
    with from_outside(house) as db:
        db.add(version)
    with house.database.snapshot() as db, pytest.raises(RosterRefused):
        read_roster(db)


@on_both
def test_the_service_answers_a_forged_roster_with_503(house: House) -> None:
    heron = house.as_("heron")
    with writing(house) as db:
        db.add(forged(house, "heron"))
    assert heron.get("/v1/cases").status_code == REFUSED
    assert not takes_in(house, "hello")
    assert house.sign_in("heron").status_code == REFUSED


def test_an_older_roster_is_refused(house: House) -> None:
    with from_outside(house) as db:
        newest = db.scalars(select(RosterVersion).order_by(RosterVersion.version.desc())).first()
        db.delete(newest)
    restarted(house)
    with house.database.snapshot() as db, pytest.raises(RosterRefused):
        check_roster_at_start(db)


# -- ways in


def test_an_invitation_written_by_hand_lets_nobody_in(house: House) -> None:
    code = new_invitation_code()
    with writing(house) as db:
        db.add(
            Invitation(
                id=uuid4(),
                code_lookup=hash_invitation(code),
                invited_by=house.residents["wren"].id,
                expires_at=house.clock() + timedelta(hours=1),
            )
        )
    assert joins(house, code).status_code == REFUSED
    assert house.sign_in("cuckoo").status_code == 401


@on_both
def test_an_invitation_with_anothers_code_lets_nobody_in(house: House) -> None:
    house.as_("wren").post("/v1/invitations", {"roles": ["dispatcher"]})
    code = new_invitation_code()
    with writing(house) as db:
        pending = update(Invitation).where(Invitation.redeemed_by.is_(None))
        db.execute(pending.values(code_lookup=hash_invitation(code)))
    assert joins(house, code).status_code == 400


def test_an_invitation_that_ran_out_stays_that_way(house: House) -> None:
    order = {"roles": ["dispatcher"]}
    code = house.as_("wren").post("/v1/invitations", order).json()["code"]
    house.advance(hours=71)
    with writing(house) as db:
        db.execute(update(Invitation).values(expires_at=house.clock() + timedelta(days=9)))
    house.advance(hours=2)
    assert joins(house, code).status_code == 400


def joins(house: House, code: str) -> httpx.Response:
    newcomer = {"code": code, "handle": "cuckoo", "passphrase": PASSPHRASE}
    return house.nobody.post("/v1/invitations/redeem", newcomer)


def test_a_newcomer_gets_no_role_but_the_one_they_were_invited_for(house: House) -> None:
    order = {"roles": ["accompanier"]}
    code = house.as_("wren").post("/v1/invitations", order).json()["code"]
    assert joins(house, code).status_code == 201
    with from_outside(house) as db:
        cuckoo = update(Member).where(Member.handle == "cuckoo")
        db.execute(cuckoo.values(roles=["coordinator", "dispatcher"], archive=True))
    assert house.as_("wren").get("/v1/cases").status_code == 200
    with house.database.snapshot() as db:
        listed = {member.id for member in read_roster(db).members}
        assert listed == {resident.id for resident in house.residents.values()}


def test_no_plain_role_gets_into_the_roster_on_another_change(house: House) -> None:
    finch = house.residents["finch"]
    wren, path = house.as_("wren"), f"/v1/members/{finch.id}"
    version = wren.get(path).headers["etag"]
    with from_outside(house) as db:
        db.execute(update(Member).where(Member.id == finch.id).values(roles=["dispatcher"]))
    assert wren.patch(path, {"archive": False}, version=version).status_code == REFUSED
    with house.database.snapshot() as db:
        assert read_roster(db).by_id[finch.id].roles == ("accompanier",)


def test_somebody_who_was_removed_does_not_come_back_with_their_old_row(house: House) -> None:
    plover = house.residents["plover"]
    with house.database.snapshot() as db:
        row = db.get_one(Member, plover.id)
        old = {c.name: getattr(row, c.name) for c in Member.__table__.c}
    wren = house.as_("wren")
    assert wren.delete(f"/v1/members/{plover.id}").status_code == 204
    with from_outside(house) as db:
        db.execute(update(Member).where(Member.id == plover.id).values({**old, "state": "waiting"}))
    wren.get("/v1/cases")
    house.as_("heron").get("/v1/cases")
    with house.database.snapshot() as db:
        assert plover.id not in read_roster(db).by_id
        assert not db.scalars(select(TeamWrap).where(TeamWrap.member_id == plover.id)).all()


@pytest.mark.parametrize("database_kind", ["postgresql"])
def test_a_session_written_by_hand_is_nobodys(house: House) -> None:
    """Whoever can write a row can wrap a seed under a token of their own; not the member's."""
    house.case_of("hello", "1")
    token, session_id, mine = new_token(), uuid4(), MemberKeys(new_seed())
    derived, now, wren = derive_token_keys(token), house.clock(), house.residents["wren"].id
    with house.database.snapshot() as db:
        context = db.keys.context("sessions", "seed", session_id, parents=(wren,))
    with writing(house) as db:
        db.execute(
            insert(SessionRow).values(
                lookup=derived.lookup,
                id=session_id,
                member_id=wren,
                seed=lock(derived.key, Purpose.SESSION, 0, context, mine.seed),
                created_at=now,
                used_at=now,
                expires_at=now + timedelta(hours=12),
            )
        )
    forger = Client(house.http, token)
    for path in ("/v1/cases", "/v1/members", "/v1/members/me", "/v1/audit"):
        assert forger.get(path).status_code == 401


def test_a_grant_made_by_hand_is_no_grant(house: House, case: dict[str, Any]) -> None:
    """Anybody can seal to the team's public key, but not under a shred key."""
    with house.database.snapshot() as db:
        team = read_roster(db).teams["desk"]
        [row] = db.scalars(select(CaseGrant))
        parents = list_parents("case_grants", row)
        context = db.keys.context(
            "case_grants", "wrap", row.id, case=row.case_id, epoch=1, parents=parents
        )
    mine = seal_to(team.public, Purpose.GRANT, team.epoch, context, new_seed())
    with from_outside(house) as db:
        db.execute(update(CaseGrant).values(wrap=mine))
    assert read(house, case["id"]).status_code == REFUSED
