"""Somebody can write to the database, and changes plain columns: nothing that they wrote is used.

Each test does with plain SQL what once worked, and then asks the service as anybody would.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update

from app.cases.consents import has_agreed
from app.crypto import Context, OperationalKeys, Purpose, new_seed, pad_field, seal_to
from app.models import (
    Assignment,
    Brief,
    BriefWrap,
    Case,
    CaseEpoch,
    CaseGrant,
    CaseSheet,
    Consent,
    Deployment,
    Event,
    Member,
    Request,
    StatisticsMonth,
    StatisticsRelease,
    Suppression,
    TeamWrap,
    table,
)
from app.store import RowDamaged
from app.vault import ratchet_index_key
from app.vault.operational_key import open_keyring
from tests.requests.people import a_case, accept, ask, with_phones
from tests.seizure.outside import OTHER, OnBoth, bodies, change, told, write
from tests.service import CALLER, House

SECRET = "my brother is Jean, held at Laval"


@pytest.fixture
def database_kind() -> str:
    """What rows vouch for does not hang on the database; where statements differ, tests say so."""
    return "sqlite"


def two_cases(house: House) -> tuple[dict[str, Any], dict[str, Any]]:
    victim = house.case_of("hello", "1", "2", "they took my brother")
    return victim, house.case_of("hello", "1", "2", "somebody took him", number=OTHER)


def lookup(house: House, case: dict[str, Any]) -> bytes | None:
    with house.database.snapshot() as db:
        return db.get_one(Case, UUID(case["id"])).number_lookup


# -- replies that go to another phone


@OnBoth
def test_exchanged_numbers_lead_no_text_into_another_case(house: House) -> None:
    victim, mine = two_cases(house)
    theirs, own = lookup(house, victim), lookup(house, mine)
    write(
        house,
        change(Case, victim["id"], number_lookup=None),
        change(Case, mine["id"], number_lookup=theirs),
        change(Case, victim["id"], number_lookup=own),
    )
    house.phone(CALLER).text(SECRET)
    house.settle()
    [new] = [case for case in house.queue() if case["id"] not in (victim["id"], mine["id"])]
    assert SECRET in bodies(house.read(new["id"]))
    answer = house.as_("heron").post(f"/v1/cases/{mine['id']}/messages", {"body": "at 3"})
    assert answer.status_code == 503
    assert told(house, "cases") == 1


def test_a_case_that_was_merged_by_hand_is_no_part_of_another(house: House) -> None:
    victim, mine = two_cases(house)
    write(house, change(Case, victim["id"], merged_into=UUID(mine["id"])))
    house.phone(CALLER).text(SECRET)
    house.settle()
    house.phone(OTHER).text("1")
    assert SECRET not in bodies(house.read(mine["id"]))
    assert "they took my brother" not in bodies(house.read(mine["id"]))
    assert told(house, "cases") == 1


# -- what is forged without a key


def forged(house: House, column: str, row: str, case_id: str, version: int, value: Any) -> bytes:
    """Seal a value to a case, from what the database shows."""
    name, _, field = column.partition(".")
    with house.database.snapshot() as db:
        deployment = db.scalars(select(Deployment.id)).one()
        newest = select(CaseEpoch).where(CaseEpoch.case_id == UUID(case_id))
        epoch = db.scalars(newest.order_by(CaseEpoch.epoch.desc())).first()
    assert epoch
    of_case = UUID(case_id)
    place = Context(
        deployment, name, field, UUID(row), version, of_case, epoch.epoch, parents=(of_case,)
    )
    plain = pad_field(json.dumps(value).encode())
    return seal_to(epoch.public, Purpose.FIELD, epoch.epoch, place, plain)


@OnBoth
def test_forged_fields_are_not_shown(house: House) -> None:
    case = house.case_of("hello", "1", "2", "they took my brother")
    heron, path = house.as_("heron"), f"/v1/cases/{case['id']}"
    version = heron.get(path).headers["etag"]
    heron.patch(path, {"fields": {"lawyer": "Me Roy, +1 514 555 0111"}}, version=version)
    with house.database.snapshot() as db:
        newer = db.get_one(CaseSheet, UUID(case["id"])).fields_version + 1
    fields = {"lawyer": "Me Roy, +1 514 555 0166"}
    blob = forged(house, "case_sheets.fields", case["id"], case["id"], newer, fields)
    sheet = table(CaseSheet)
    mine = update(sheet).where(sheet.c.case_id == UUID(case["id"]))
    write(house, mine.values(fields=blob, fields_version=newer))
    answer = heron.get(path)
    assert "0166" not in answer.text
    assert told(house, "case_sheets") == 1


def test_a_forged_meeting_place_is_not_shown(house: House) -> None:
    case = house.case_of("hello", "1", "2", "they took my brother")
    heron, path = house.as_("heron"), f"/v1/cases/{case['id']}"
    soon = (house.clock() + timedelta(days=3)).isoformat()
    date = {"kind": "hearing", "starts_at": soon, "place": "200 R", "meeting_place": "main door"}
    event = heron.post(f"{path}/events", date).json()
    with house.database.snapshot() as db:
        newer = db.get_one(Event, UUID(event["id"])).place_version + 1
    value = {**date, "ends_at": None, "meeting_place": "car park behind"}
    blob = forged(house, "events.place", event["id"], case["id"], newer, value)
    write(house, change(Event, event["id"], place=blob, place_version=newer))
    assert "car park" not in heron.get(path).text
    assert told(house, "events") == 1


def test_a_forged_reason_overrides_no_refusal(house: House) -> None:
    case = house.case_of("hello")
    consent = {"scope": "legal", "granted": False}
    house.as_("heron").post(f"/v1/cases/{case['id']}/consents", consent)
    write(house, update(table(Consent)).values(override_reason=b"\0"))
    with house.database.snapshot() as db, pytest.raises(RowDamaged):
        has_agreed(db, UUID(case["id"]), "legal")


# -- people and teams


@OnBoth
def test_a_role_that_was_taken_away_is_not_put_back(house: House) -> None:
    plover = house.residents["plover"]
    with house.database.snapshot() as db:
        row = db.get_one(Member, plover.id)
        before = {"roles": list(row.roles), "roster_version": row.roster_version}
    wren, path = house.as_("wren"), f"/v1/members/{plover.id}"
    version = wren.get(path).headers["etag"]
    assert wren.patch(path, {"roles": ["interpreter"]}, version=version).status_code == 200
    case = house.case_of("hello", "1", "2", "later secret", number=OTHER)
    stays = house.as_("plover")
    write(house, change(Member, plover.id, state="waiting", **before))
    house.as_("crane").get("/v1/cases")
    house.as_("heron").get("/v1/cases")
    assert stays.get(f"/v1/cases/{case['id']}").status_code in (401, 403, 404, 503)
    assert told(house, "members") == 1


def test_exchanged_team_labels_open_no_closed_case(house: House) -> None:
    case = house.case_of("hello", "1", "2", "they took my brother")
    path = f"/v1/cases/{case['id']}"
    house.as_("heron").post(f"{path}/close", {"outcome": "supported"})
    heron, wren = house.residents["heron"], house.residents["wren"]
    wraps, cases = table(TeamWrap), table(Case)
    stays, of_wren = house.as_("heron"), update(wraps).where(wraps.c.member_id == wren.id)
    write(
        house,
        wraps.delete().where(wraps.c.member_id == heron.id),
        change(Member, heron.id, state="joining"),
        of_wren.where(wraps.c.team == "desk").values(team="x"),
        of_wren.where(wraps.c.team == "archive").values(team="desk"),
        of_wren.where(wraps.c.team == "x").values(team="archive"),
    )
    house.as_("wren").get("/v1/members/me")
    write(house, update(cases).values(state="open"), update(table(CaseGrant)).values(team="desk"))
    assert "they took my brother" not in stays.get(path).text


@OnBoth
def test_a_case_seals_to_no_epoch_that_was_put_back(house: House) -> None:
    case = house.case_of("hello", "1", "2", "they took my brother")
    plover = house.residents["plover"]
    assert house.as_("wren").delete(f"/v1/members/{plover.id}").status_code == 204
    house.settle()
    write(house, change(Case, case["id"], epoch=1))
    house.phone(CALLER).text("now in Laval, cell 4")
    house.settle()
    [new] = [one for one in house.queue() if one["id"] != case["id"]]
    assert "now in Laval, cell 4" in bodies(house.read(new["id"]))
    assert told(house, "cases") == 1


def test_another_operational_key_does_not_start_the_server(house: House) -> None:
    mine = OperationalKeys(new_seed())
    write(house, update(table(Deployment)).values(operational_public=mine.pair.public))
    files = house.database.keys
    assert files
    with pytest.raises(RowDamaged):
        open_keyring(house.database, files.files)


# -- briefs


def moved_to(house: House, request: str, victim: str, mine: str) -> None:
    """Let a request that was taken, and what hangs on it, be about another case."""
    other = UUID(victim)
    briefs, wraps = table(Brief), table(BriefWrap)
    consents, assignments = table(Consent), table(Assignment)
    write(
        house,
        wraps.delete().where(wraps.c.request_id == UUID(request)),
        briefs.delete().where(briefs.c.request_id == UUID(request)),
        change(Request, request, case_id=other),
        update(assignments).values(case_id=other),
        update(consents).where(consents.c.case_id == UUID(mine)).values(case_id=other),
    )


@pytest.mark.parametrize(("handle", "kind"), [("finch", "accompaniment"), ("owl", "legal")])
def test_a_request_that_was_moved_shows_nothing_of_the_other_case(
    house: House, handle: str, kind: str
) -> None:
    with_phones(house, handle)
    scope = {"accompaniment": "accompanier"}.get(kind, kind)
    mine = a_case(house, scopes=(scope,))
    request = ask(house, mine, kind=kind, share=["subject_name"])
    assert accept(house, handle).status_code == 200
    victim = house.case_of("hello", "1", "2", "they took my brother")["id"]
    heron, path = house.as_("heron"), f"/v1/cases/{victim}"
    version = heron.get(path).headers["etag"]
    heron.patch(path, {"fields": {"subject_name": "Jean Secret"}}, version=version)
    moved_to(house, request["id"], victim, mine)
    heron.get(path)
    listed = house.as_(handle).get("/v1/assignments")
    assert "Jean Secret" not in listed.text
    for one in listed.json().get("items", []):
        assert "Jean Secret" not in house.as_(handle).get(f"/v1/assignments/{one['id']}").text


def test_an_assignment_is_not_given_to_somebody_else(house: House) -> None:
    with_phones(house, "finch")
    ask(house, a_case(house), share=["subject_name"])
    assert accept(house, "finch").status_code == 200
    starling = house.residents["starling"].id
    write(house, update(table(Assignment)).values(member_id=starling))
    answer = house.as_("starling").get("/v1/assignments")
    assert answer.status_code == 503 or answer.json()["items"] == []
    assert told(house, "assignments") == 1


# -- values that the machine reads


@OnBoth
def test_values_that_do_not_open_are_told_of_like_rows_that_do_not_verify(house: House) -> None:
    case = house.case_of("hello", "1", "2", "they took my brother")
    with house.database.snapshot() as db:
        values = db.get_one(Case, UUID(case["id"])).op_values or b""
    write(house, change(Case, case["id"], op_values=values[:-1] + bytes([values[-1] ^ 1])))
    answer = house.as_("heron").post(f"/v1/cases/{case['id']}/messages", {"body": "at 3"})
    assert answer.status_code == 503
    assert told(house, "sealed_values") == 1


@pytest.mark.parametrize("passphrase", ["not the one", "seven quiet herons wade"])
def test_a_wrong_passphrase_or_code_is_no_damage(house: House, passphrase: str) -> None:
    body = {"handle": "heron", "passphrase": passphrase, "code": "000000"}
    house.nobody.post("/v1/sessions", body)
    assert house.nobody.get("/v1/cases").status_code == 401
    assert told(house, "sealed_values") == 0


# -- statistics, and the index key


def ask_for_release(house: House, handle: str, period: str) -> Any:
    body = {"family": "opened", "period": period}
    return house.as_(handle).post("/v1/statistics/releases", body)


def confirm_release(house: House, handle: str, release: str) -> int:
    return house.as_(handle).post(f"/v1/statistics/releases/{release}/confirm").status_code


def test_whoever_asked_for_a_release_does_not_confirm_it_under_another_name(house: House) -> None:
    house.advance(days=40)
    release = ask_for_release(house, "crane", "2026-01").json()["id"]
    wren = house.residents["wren"].id
    write(house, update(table(StatisticsRelease)).values(requested_by=wren))
    assert confirm_release(house, "crane", release) == 503
    assert told(house, "statistics_releases") == 1


def test_a_month_is_not_drawn_again_under_another_name(house: House) -> None:
    house.case_of("hello", "1", "2", "x y")
    house.advance(days=40)
    release = ask_for_release(house, "crane", "2026-01").json()["id"]
    assert confirm_release(house, "wren", release) == 200
    earlier = house.clock() - timedelta(days=90)
    write(
        house,
        update(table(StatisticsMonth))
        .where(table(StatisticsMonth).c.month == "2026-01")
        .values(month="2025-12"),
        update(table(Deployment)).values(created_at=earlier),
    )
    answer = ask_for_release(house, "crane", "2025-12")
    assert answer.status_code != 201 or confirm_release(house, "wren", answer.json()["id"]) != 200


@OnBoth
def test_an_invented_suppression_does_not_keep_the_index_key(house: House) -> None:
    house.case_of("hello")
    suppressions = table(Suppression)
    house.phone(OTHER).text("STOP")
    house.settle()
    with house.database.snapshot() as db:
        row = db.execute(select(suppressions)).mappings().one()
    write(
        house, suppressions.insert().values(**{**row, "id": new_id(), "number_lookup": b"x" * 32})
    )
    ratchet_index_key(house.database, house.clock())
    with house.database.snapshot() as db:
        assert len(db.scalars(select(Suppression)).all()) == 1
    assert told(house, "suppressions") == 1


def new_id() -> UUID:
    return UUID(int=7)
