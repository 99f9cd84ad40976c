"""Which keys open what: the whole chain from a file on the disk to a message."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from app.cases.tasks import add_task
from app.crypto import day_number
from app.crypto.passphrases import derive_passphrase_key, derive_recovery_key
from app.models import Deployment, Member, StatisticsMonth, StatisticsMonthValues
from app.operations.drill.attempts import DrillOutcome, open_everything
from app.operations.drill.disk import find_keys_on_disk
from app.operations.drill.keys import FoundKey
from app.store.db import Db
from tests.service import PASSPHRASE, House


@pytest.fixture(scope="module")
def lived_in(shared_house: House) -> House:
    """A house in which every kind of value was written. No test of this module changes it."""
    house = shared_house
    case = house.case_of("my brother was taken", "1", "2")
    heron = house.as_("heron")
    heron.post(f"/v1/cases/{case['id']}/messages", {"body": "we are here"})
    heron.post(f"/v1/cases/{case['id']}/notes", {"body": "sounds tired"})
    keep_a_rota(house)
    know_more(house, case["id"])
    find_people(house, case["id"])
    house.settle()
    call(house)
    with house.database.transaction() as db:
        add_month(db, house.clock())
    return house


def call(house: House) -> None:
    """A voicemail, since nobody has a phone; then a call for which somebody's phone rings."""
    phone = house.network.phone("+15145550177")
    phone.call().press("1").press("6").speak(2).hang_up()
    house.settle()
    version = house.as_("heron").get("/v1/members/me").headers["etag"]
    changed = house.as_("heron").patch("/v1/members/me", {"phone": "+15145550178"}, version=version)
    assert changed.status_code == 200, changed.text
    phone.call().press("1").press("1")
    house.settle()
    assert house.network.phone("+15145550178").calls()


def add_month(db: Db, now: datetime) -> None:
    """A month of statistics, as a freeze leaves it."""
    row_id, values = uuid4(), StatisticsMonthValues(opened="AA", closed="AA", denials="AA")
    row = db.keys.new_values(StatisticsMonth, row_id, values, now, month="2025-12")
    db.add(StatisticsMonth(id=row_id, **row))


def know_more(house: House, case_id: str) -> None:
    """Dates, a detention, a task, a raid report and the directory."""
    heron, now = house.as_("heron"), house.clock()
    soon = (now + timedelta(days=8)).isoformat()
    date = {"kind": "hearing", "starts_at": soon, "place": "room 12"}
    denial = {"sector": "school", "service": "admission", "provider": "École des Pins"}
    stay = {"place": "Laval", "from": now.date().isoformat(), "next_review": soon}
    for path, body in (
        (f"/v1/cases/{case_id}/events", date),
        (f"/v1/cases/{case_id}/episodes", stay),
        (f"/v1/cases/{case_id}/denials", denial),
        ("/v1/raid-reports", {"size": "two cars"}),
        ("/v1/directory", {"kind": "clinic", "name": "a clinic"}),
    ):
        assert heron.post(path, body).status_code == 201
    [event] = house.read(case_id)["events"]
    change = {"place": "room 14"}  # the second version of a value opens too
    assert heron.patch(f"/v1/events/{event['id']}", change, version='"1"').status_code == 200
    with house.database.transaction() as db:
        add_task(db, UUID(case_id), "recheck", UUID(event["id"]), now, now)


def find_people(house: House, case_id: str) -> None:
    """A request that somebody took, one reported on, and one that nobody has answered."""
    heron, starling = house.as_("heron"), house.as_("starling")
    heron.post(f"/v1/cases/{case_id}/consents", {"scope": "legal", "granted": True})
    wanted = {"kind": "interpreter", "languages": ["fr"]}
    for kind in ({"kind": "legal"}, wanted, wanted):
        assert heron.post(f"/v1/cases/{case_id}/requests", kind).status_code == 201
    house.settle()
    taken = []
    for offer in starling.get("/v1/offers").json()["items"]:
        answer = starling.post(f"/v1/offers/{offer['id']}/accept")
        assert answer.status_code == 200
        taken.append(f"/v1/assignments/{answer.json()['id']}")
    assert starling.post(f"{taken[0]}/report", {"outcome": "done"}).status_code == 200


def keep_a_rota(house: House) -> None:
    """A shift, a swap that was taken, a hand-over note and a calendar."""
    heron, daily = house.as_("heron"), {"rrule": "FREQ=DAILY", "duration": "PT8H"}
    starts_at, members = house.clock().isoformat(), [str(house.residents["heron"].id)]
    shift = {**daily, "starts_at": starts_at, "members": members}
    path = f"/v1/shifts/{house.as_('wren').post('/v1/shifts', shift).json()['id']}"
    swap = heron.post(f"{path}/swap").json()["id"]
    assert house.as_("plover").post(f"/v1/shifts/swaps/{swap}/take").status_code == 200
    assert heron.post(f"{path}/hand-over", {"body": "two wait"}).status_code == 201
    assert heron.post("/v1/shifts/feed").status_code == 201


def attempt(house: House, keys: Iterable[FoundKey]) -> DrillOutcome:
    with house.database.snapshot() as db:
        deployment = db.scalars(select(Deployment.id)).one()
        return open_everything(db.connection(), deployment, keys)


def on_disk(house: House) -> list[FoundKey]:
    return find_keys_on_disk(house.settings, {})


def everybodys(house: House) -> list[FoundKey]:
    """What all members know: their passphrase, here the same one, and their recovery codes."""
    with house.database.snapshot() as db:
        salts = set(db.scalars(select(Member.passphrase_salt)))
    return [
        *(FoundKey("passphrase", derive_passphrase_key(PASSPHRASE, salt)) for salt in salts),
        *(
            FoundKey(one.handle, derive_recovery_key(one.recovery_code))
            for one in house.residents.values()
        ),
    ]


def columns(outcome: DrillOutcome, word: str) -> set[str]:
    return {
        f"{one.cell.table}.{one.cell.column}" for one in outcome.opened if one.cell.word == word
    }


def test_the_disk_and_everybodys_passphrase_open_everything(lived_in: House) -> None:
    outcome = attempt(lived_in, [*on_disk(lived_in), *everybodys(lived_in)])
    # A session opens with its token alone, which only the member's browser has.
    assert set(outcome.closed) <= {("sessions", "seed")}
    assert {"messages.body", "notes.body", "raid_reports.body", "case_grants.wrap"} <= columns(
        outcome, "sealed"
    )
    assert {"briefs.fields", "brief_wraps.wrap", "reports.body"} <= columns(outcome, "sealed")


def test_the_disk_alone_opens_the_operational_vault_and_nothing_sealed(lived_in: House) -> None:
    outcome = attempt(lived_in, on_disk(lived_in))
    opened = columns(outcome, "operational")
    assert {"cases.op_values", "events.op_values", "tasks.op_values"} <= opened
    assert columns(outcome, "sealed") == set()


def test_without_the_operational_key_the_disk_opens_nothing(lived_in: House) -> None:
    left = [key for key in on_disk(lived_in) if key.where != "operational.key"]
    assert attempt(lived_in, left).opened == []


def test_everybodys_passphrase_opens_nothing_without_the_shred_keys(lived_in: House) -> None:
    assert attempt(lived_in, everybodys(lived_in)).opened == []


def test_a_dispatcher_opens_cases_and_an_accompanier_does_not(lived_in: House) -> None:
    def opens(handle: str) -> set[str]:
        key = FoundKey(handle, lived_in.residents[handle].keys.seed)
        shred = [key for key in on_disk(lived_in) if key.where.startswith("shred")]
        return columns(attempt(lived_in, [*shred, key]), "sealed")

    assert {"messages.body", "handover_notes.body"} <= opens("heron")
    assert opens("finch") == {"members.totp"}


def test_each_stored_key_lies_under_the_shred_key_of_its_day(lived_in: House) -> None:
    outcome = attempt(lived_in, [])
    assert {cell.day for cell in outcome.keys} == {day_number(lived_in.clock())}


def test_nothing_that_opened_shows_when_printed(lived_in: House) -> None:
    outcome = attempt(lived_in, on_disk(lived_in))
    assert "+1514" not in repr(outcome)
