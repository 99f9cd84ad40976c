"""What lies at the carrier is deleted as soon as it lets us, and looked for afterwards."""

from __future__ import annotations

import itertools
from datetime import timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import update

from app.clock import FixedClock
from app.models import CallCopy, CarrierTrace, TraceState
from app.outbox import copy_deletion
from app.telephony import CarrierUnreachable
from tests.line import FakeCarrier, Line
from tests.outbox.test_carrier_copies import counted, lies_there, traces
from tests.service import CALLER, fictional


def test_what_is_not_final_yet_is_tried_again(line: Line) -> None:
    line.carrier.not_final = 4
    line.text("hello")
    for minutes, held in ((2, 2), (5, 2), (30, 0)):
        line.advance(minutes=minutes)
        assert counted(line)["held"] == held
    assert lies_there(line) == 0


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
    line: Line, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    line.carrier.not_final = 10_000
    line.text("hello")
    line.advance(minutes=2)
    with line.writing() as db:
        db.execute(update(CarrierTrace).values(since=line.now - timedelta(days=14)))
    line.advance(minutes=10)
    assert counted(line) == {"held": 0, "pictures": 0, "stuck": 2}
    # Where it is told depends on whether a test before set the log up as the service does.
    assert "carrier_copy.stuck" in capsys.readouterr().out + caplog.text
    line.carrier.not_final = 0
    line.advance(days=1, minutes=5)
    assert sum(counted(line).values()) == 0


def test_a_copy_that_makes_the_carrier_fail_does_not_hold_up_the_others(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, delete = line.text("hello"), line.carrier.delete_message
    line.text("hello", "+15145550177")
    fails = iter([True])

    def break_once(sid: str) -> None:
        if sid == first and next(fails, False):
            raise CarrierUnreachable(maybe_sent=True)
        delete(sid)

    monkeypatch.setattr(line.carrier, "delete_message", break_once)
    line.advance(minutes=2)
    line.advance(minutes=2)
    assert [message.sid for message in line.carrier.held] == [first]
    line.advance(minutes=10)
    assert lies_there(line) == 0


def test_a_deletion_counts_only_once_the_carrier_no_longer_finds_it(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line.carrier, "delete_message", lambda _sid: None)
    line.text("hello")
    line.advance(minutes=2)
    assert counted(line)["held"] == 2


def test_a_text_without_a_receipt_is_left_until_the_list_has_told_its_fate(line: Line) -> None:
    line.carrier.news_take = None
    case = line.open_case("hello")
    line.advance(minutes=3)
    [ours] = line.carrier.held
    assert ours.direction == "outbound"
    line.advance(minutes=30)
    assert line.statuses(case.id)[-1] == "sent"
    line.advance(minutes=35)
    assert lies_there(line) == 0


def test_a_sealed_server_deletes_once_it_is_open(line: Line) -> None:
    keys = line.database.keys
    assert keys
    operational = keys.operational
    assert operational
    keys.seal()
    [greeting] = line.take(line.lose("hello"))
    line.carrier.greet(CALLER, greeting or "")
    line.advance(minutes=10)
    assert lies_there(line) == 2
    keys.unseal(operational)
    # The greeting was the answer to a webhook: only the carrier's list tells of it.
    line.advance(minutes=15)
    line.advance(minutes=5)
    assert lies_there(line) == 0


def test_a_slow_carrier_ends_a_run_within_its_lease(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One run looks at its time before each copy: a call's takes many requests."""
    for place in range(10):
        line.text("hello", fictional(place))
    seconds = itertools.count(step=3)
    slow = SimpleNamespace(monotonic=lambda: float(next(seconds)))
    monkeypatch.setattr("app.outbox.copy_deletion.time", slow)
    line.advance(minutes=2)
    assert 0 < sum(trace.state == "gone" for trace in traces(line)) <= 7


class Book(FakeCarrier):
    """A carrier that writes down what of calls it is asked to delete."""

    def __init__(self, clock: FixedClock, *, there: bool = False) -> None:
        super().__init__(clock)
        self.asked: list[str] = []
        self.there = there

    def hang_up(self, sid: str) -> None:
        self.asked.append(f"hang up {sid}")

    def delete_recording(self, sid: str) -> None:
        self.asked.append(f"recording {sid}")

    def delete_call(self, sid: str) -> None:
        self.asked.append(f"call {sid}")

    def recordings(self, _sid: str) -> list[SimpleNamespace]:
        return [SimpleNamespace(sid="RE9")]

    def recording_exists(self, _sid: str) -> bool:
        return self.there

    def call_exists(self, _sid: str) -> bool:
        return self.there


@pytest.mark.parametrize(
    ("sid", "call", "asked"),
    [
        ("CA1", CallCopy(legs=("CA2",), recordings=("RE1",)), "recording RE1, call CA2, call CA1"),
        ("CA1", CallCopy(), "recording RE9, call CA1"),
        ("", CallCopy(legs=("CA2",)), "call CA2"),
        ("CA1", CallCopy(recordings=(), running=True), "hang up CA1, call CA1"),
    ],
)
def test_of_a_call_recordings_go_first_and_the_call_last(
    clock: FixedClock, sid: str, call: CallCopy, asked: str
) -> None:
    for there in (False, True):
        carrier = Book(clock, there=there)
        gone = copy_deletion._delete_call(carrier, sid, call)  # type: ignore[arg-type]  # a part
        assert (", ".join(carrier.asked), gone) == (asked, not there)
