"""What lies at the carrier: deleted, verified, forgotten, and remembered as known."""

from __future__ import annotations

import base64
import itertools
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import func, select, update

from app.clock import FixedClock
from app.models import CarrierTrace, TraceState
from app.outbox import copy_deletion
from app.outbox.carrier_copies import COPY_MEMORY, count_copies, forget_old_copies
from tests.service import CALLER, House, fictional

PICTURE = {"content_type": "image/png", "data": base64.b64encode(b"\x89PNG picture").decode()}


def _at_carrier(house: House) -> list[dict[str, Any]]:
    held = house.network.carrier()
    return [*held["messages"], *held["media"]]


def _traces(house: House) -> list[CarrierTrace]:
    with house.database.snapshot() as db:
        return list(db.scalars(select(CarrierTrace)))


def _counted(house: House) -> dict[str, int]:
    with house.database.snapshot() as db:
        return count_copies(db)


def test_a_conversation_leaves_nothing_at_the_carrier(house: House) -> None:
    house.phone().says("hello", "1")
    assert len(_at_carrier(house)) == 4
    assert _counted(house) == {"held": 4, "pictures": 0, "stuck": 0}
    house.advance(minutes=2)
    assert _at_carrier(house) == []
    assert len(house.phone().inbox()) == 2


def test_the_sid_goes_with_the_copy_and_its_hash_stays(house: House) -> None:
    house.phone().says("hello")
    assert all(trace.op_values and trace.op_key for trace in _traces(house))
    house.advance(minutes=2)
    for trace in _traces(house):
        assert (trace.state, trace.next_try_at) == ("gone", None)
        assert (trace.op_key, trace.op_values, trace.shred_day) == (None, None, None)


def test_what_is_not_final_yet_is_tried_again(house: House) -> None:
    house.network.faults("api-20009", count=4)
    house.phone().says("hello")
    for minutes, held in ((2, 2), (5, 2), (30, 0)):
        house.advance(minutes=minutes)
        assert _counted(house)["held"] == held
    assert _at_carrier(house) == []


def test_pauses_grow_to_six_hours_and_a_fortnight_ends_patience(clock: FixedClock) -> None:
    row = CarrierTrace(state=TraceState.HELD, since=clock())
    pauses, tries = [], 0
    while row.state == "held":
        copy_deletion._put_off(row, clock())
        assert row.next_try_at
        pauses.append((row.next_try_at - clock()) / timedelta(hours=1))
        clock.advance(row.next_try_at - clock())
        tries += 1
    assert pauses == sorted(pauses)
    assert (min(pauses), pauses[-2], pauses[-1]) == (1 / 12, 6, 24)
    assert tries < 80


def test_after_a_fortnight_somebody_is_told_and_it_is_still_tried(
    house: House, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    house.network.faults("api-20009", count=10_000)
    house.phone().text("hello")
    house.advance(minutes=2)
    with house.database.transaction() as db:
        db.execute(update(CarrierTrace).values(since=house.clock() - timedelta(days=14)))
    house.advance(minutes=10)
    assert _counted(house) == {"held": 0, "pictures": 0, "stuck": 2}
    # Where it is told depends on whether a test before set the log up as the service does.
    assert "carrier_copy.stuck" in capsys.readouterr().out + caplog.text
    house.network.clear_faults()
    house.advance(days=1, minutes=5)
    assert sum(_counted(house).values()) == 0


def test_a_copy_that_makes_the_carrier_fail_does_not_hold_up_the_others(house: House) -> None:
    first = house.phone().text("hello").sid
    house.phone("+15145550177").text("hello")
    house.network.faults("api-5xx", match=first, count=1)
    house.advance(minutes=2)
    house.advance(minutes=2)
    assert [message["sid"] for message in _at_carrier(house)] == [first]
    house.advance(minutes=10)
    assert _at_carrier(house) == []


def test_a_deletion_counts_only_once_the_carrier_no_longer_finds_it(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    carrier = house.app.state.worker._tools.carrier
    monkeypatch.setattr(type(carrier), "delete_message", lambda self, sid: None)
    house.phone().text("hello")
    house.advance(minutes=2)
    assert _counted(house)["held"] == 2


def test_a_text_without_a_receipt_is_left_until_the_list_has_told_its_fate(house: House) -> None:
    house.network.faults("status-lost", count=3)
    house.phone().text("hello")
    house.advance(minutes=3)
    [ours] = _at_carrier(house)
    assert ours["direction"] == "outbound-api"
    house.advance(minutes=30)
    [case] = house.queue()
    assert house.read(case["id"])["messages"][-1]["status"] == "delivered"
    house.advance(minutes=35)
    assert _at_carrier(house) == []


def test_a_known_text_is_not_taken_in_again_when_its_copy_is_gone(house: House) -> None:
    case = house.case_of("hello")
    house.network.faults("webhook-duplicate", count=1, delay_s=7200)
    house.phone().text("once only")
    house.advance(minutes=5)
    assert _at_carrier(house) == []
    house.advance(hours=3)
    bodies = [message["body"] for message in house.read(case["id"])["messages"]]
    assert bodies.count("once only") == 1


def test_a_sealed_server_deletes_once_it_is_open(house: House) -> None:
    assert house.database.keys
    house.database.keys.seal()
    house.phone().text("hello")
    house.advance(minutes=10)
    assert len(_at_carrier(house)) == 2
    house.sign_in("heron")
    # The greeting was the answer to a webhook: only the carrier's list tells of it.
    house.advance(minutes=15)
    house.advance(minutes=5)
    assert _at_carrier(house) == []


# -- pictures, which this release does not fetch


def test_pictures_stay_for_a_week_and_not_longer(house: House) -> None:
    house.phone().text("my letter", media=[PICTURE])
    house.advance(days=6)
    assert len(_at_carrier(house)) == 2
    assert _counted(house)["pictures"] == 1
    house.advance(days=1, minutes=10)
    assert _at_carrier(house) == []


def test_erasing_a_case_takes_its_pictures_from_the_carrier(house: House) -> None:
    case_id = house.case_of("hello")["id"]
    house.phone().text("my letter", media=[PICTURE])
    house.advance(minutes=10)
    assert len(_at_carrier(house)) == 2
    assert house.as_("heron").post(f"/v1/cases/{case_id}/erase").status_code == 204
    house.advance(minutes=2)
    assert _at_carrier(house) == []
    with house.database.snapshot() as db:
        linked = select(func.count()).where(CarrierTrace.case_id.is_not(None))
        assert db.scalar(linked) == 0


def test_a_hash_is_forgotten_after_more_than_a_year(house: House) -> None:
    house.phone(CALLER).text("STOP")
    house.advance(minutes=2)
    for age, left in ((COPY_MEMORY - timedelta(days=1), 1), (timedelta(days=2), 0)):
        house.clock.advance(age)
        with house.database.transaction() as db:
            forget_old_copies(db, house.clock())
        assert len(_traces(house)) == left


def test_a_slow_carrier_ends_a_run_within_its_lease(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One run looks at its time before each copy: a call's takes many requests."""
    for place in range(20):
        house.phone(fictional(place)).says("hello")
    seconds = itertools.count(step=3)
    slow = SimpleNamespace(monotonic=lambda: float(next(seconds)))
    monkeypatch.setattr("app.outbox.copy_deletion.time", slow)
    house.advance(minutes=2)
    assert 0 < sum(trace.state == "gone" for trace in _traces(house)) <= 7
