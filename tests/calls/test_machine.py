"""Whatever happens, in whichever order: a call has an owner and a deadline, and nobody's number."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.calls.actions import Cancel, Keep, Move, Ring
from app.calls.addresses import CallPlace
from app.calls.courses import MOST_LEGS, CallCourse, PhonesOnDuty
from app.calls.events import (
    CallerDigits,
    CallerLeft,
    CallEvent,
    DeadlinePassed,
    Kept,
    LegDigits,
    LegDown,
    LegUp,
    MessageSpoken,
    NoRecording,
    Polled,
    Recorded,
    RoomLeft,
    StillOn,
    Summon,
)
from app.calls.machine import begin_call, begin_outgoing_call, step_call
from app.calls.twiml import write_caller_twiml, write_leg_twiml
from app.models import CallState
from app.texts.spoken.sentences import load_spoken

NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)
CALL = UUID("00000000-0000-4000-8000-000000000001")
PEOPLE = [UUID(int=n, version=4) for n in range(1, 15)]
SENTENCES = load_spoken()
# Kreyòl is read by a French voice, which says what the French file says.
NUMBER = re.compile(r"\+?[0-9]{7,}")


def events(call: CallCourse) -> list[CallEvent]:
    """Everything that could come in, of a phone that is in the call and of one that is not."""
    legs = [leg.id for leg in call.legs] + [uuid4()]
    of_legs: list[Callable[[UUID], CallEvent]] = [
        LegUp,
        LegDown,
        lambda leg: LegDigits(leg, "1"),
        lambda leg: LegDigits(leg, ""),
    ]
    return [
        *(
            CallerDigits(call.turn + late, digits)
            for late in (0, -1)
            for digits in ("1", "4", "9", "")
        ),
        *(make(leg) for leg in legs for make in of_legs),
        *(CallerLeft(), DeadlinePassed(), Polled(), RoomLeft(), MessageSpoken(), StillOn()),
        *(Recorded("RE1"), Recorded("RE2"), NoRecording(), Kept()),
        *(Summon("colleague", PEOPLE[11]), Summon("interpreter", PEOPLE[12])),
    ]


@st.composite
def rotas(draw: st.DrawFn) -> PhonesOnDuty:
    people = st.lists(st.sampled_from(PEOPLE), max_size=6, unique=True).map(tuple)
    free = draw(st.sets(st.sampled_from(PEOPLE)))
    return PhonesOnDuty(draw(people), draw(people), frozenset(free))


@st.composite
def courses(draw: st.DrawFn) -> tuple[CallCourse, PhonesOnDuty]:
    """A call after anything up to forty events, and the next rota."""
    if draw(st.booleans()):
        call, _ = begin_outgoing_call(CALL, PEOPLE[0], NOW)
    else:
        flags = {name: draw(st.booleans()) for name in ("challenged", "rings", "known")}
        call = begin_call(CALL, NOW, **flags)
    call, now = replace(call, custody=draw(st.booleans())), NOW
    rota = draw(rotas())
    for _ in range(draw(st.integers(0, 40))):
        now += timedelta(seconds=draw(st.integers(0, 100)))
        call, _ = step_call(call, draw(st.sampled_from(events(call))), rota, now)
        hold(call, now)
    return call, draw(rotas())


def hold(call: CallCourse, now: datetime) -> None:
    """What is true of every call at every time."""
    if call.ended:
        assert (call.deadline, call.owner) == (None, None)
        assert call.disposition
        assert not call.running()
    else:
        assert call.owner
        assert call.deadline is not None
        assert call.deadline > now - timedelta(minutes=120)
    assert len(call.running()) <= MOST_LEGS + 1
    joined = [leg for leg in call.legs if leg.kind in ("interpreter", "colleague")]
    assert not (joined and call.custody)
    if call.state == "ringing":
        assert call.winner is None


@settings(max_examples=80, deadline=None)
@given(courses())
def test_every_event_leads_to_a_call_with_owner_and_deadline(
    course: tuple[CallCourse, PhonesOnDuty],
) -> None:
    call, rota = course
    for event in events(call):
        after, actions = step_call(call, event, rota, NOW + timedelta(hours=1))
        hold(after, NOW)
        known = {leg.id for leg in after.legs}
        for action in actions:
            if isinstance(action, Ring | Cancel):
                assert action.leg in known
        if not call.ended and after.ended:
            told = {action.leg for action in actions if isinstance(action, Cancel)}
            gone = event.leg if isinstance(event, LegDown | LegDigits) else None
            assert {leg.id for leg in call.running()} <= told | {gone}


@settings(max_examples=40, deadline=None)
@given(courses())
def test_deadlines_alone_end_every_call(course: tuple[CallCourse, PhonesOnDuty]) -> None:
    """Nobody helps: no webhook, no callback. A conversation is asked about, and found over."""
    call, _ = course
    for _ in range(80):
        if call.ended:
            return
        event = CallerLeft() if call.state == "bridged" else DeadlinePassed()
        call, _ = step_call(call, event, PhonesOnDuty(), call.deadline or NOW)
    pytest.fail(f"still {call.state}")


@settings(max_examples=40, deadline=None)
@given(courses(), st.sampled_from([None, "en", "fr", "es", "ht"]))
def test_no_phone_number_is_in_what_any_phone_is_told(
    course: tuple[CallCourse, PhonesOnDuty], language: str | None
) -> None:
    call, _ = course
    call = replace(call, language=language)
    place = CallPlace("https://line.example", CALL, uuid4().hex)
    told = [write_caller_twiml(call, place, SENTENCES, (4, "09:30"), NOW)]
    told += [write_leg_twiml(call, leg, place, SENTENCES, language or "en") for leg in call.legs]
    for document in told:
        said = re.sub(r"until=\d+", "", document)
        for hidden in (str(CALL), place.room, *(str(leg.id) for leg in call.legs)):
            said = said.replace(hidden, "")
        assert not NUMBER.search(said)
        assert len(document.encode()) < 64_000
        assert "callerId" not in document


def ringing(*members: UUID) -> tuple[CallCourse, PhonesOnDuty]:
    rota = PhonesOnDuty(members, (), frozenset(members))
    call = replace(
        begin_call(CALL, NOW, challenged=False, rings=True, known=True), state=CallState.SITUATION
    )
    call, actions = step_call(call, CallerDigits(0, "1"), rota, NOW)
    assert len(actions) == len(members)
    return call, rota


def test_the_first_to_press_1_has_the_call_and_the_others_are_told() -> None:
    call, rota = ringing(*PEOPLE[:3])
    first, second, third = call.legs
    call, _ = step_call(call, LegUp(first.id), rota, NOW)
    call, _ = step_call(call, LegUp(second.id), rota, NOW)
    call, actions = step_call(call, LegDigits(second.id, "1"), rota, NOW)
    assert (call.state, call.winner) == ("bridged", PEOPLE[1])
    assert actions == [Move(), Move(first.id), Cancel(third.id)]
    late, actions = step_call(call, LegDigits(first.id, "1"), rota, NOW)
    assert (late, actions) == (call, [])


def test_who_stands_by_is_rung_once_nobody_on_duty_is_left() -> None:
    rota = PhonesOnDuty(tuple(PEOPLE[:1]), tuple(PEOPLE[1:2]), frozenset(PEOPLE[:2]))
    call = replace(
        begin_call(CALL, NOW, challenged=False, rings=True, known=True), state=CallState.SITUATION
    )
    call, _ = step_call(call, CallerDigits(0, "1"), rota, NOW)
    call, [ring] = step_call(call, LegDigits(call.legs[0].id, "2"), rota, NOW)
    assert ring == Ring(call.legs[1].id)
    call, actions = step_call(call, LegDown(call.legs[1].id), rota, NOW)
    assert (call.state, actions) == ("voicemail", [Move()])


def test_somebody_on_another_call_is_waited_for_and_not_rung() -> None:
    busy = PhonesOnDuty(tuple(PEOPLE[:1]), (), frozenset())
    call = replace(
        begin_call(CALL, NOW, challenged=False, rings=True, known=True), state=CallState.SITUATION
    )
    call, actions = step_call(call, CallerDigits(0, "1"), busy, NOW)
    assert (call.state, actions) == ("ringing", [])
    call, actions = step_call(call, Polled(), replace(busy, free=frozenset(PEOPLE[:1])), NOW)
    assert actions == [Ring(call.legs[0].id)]


@pytest.mark.parametrize("rings", [True, False])
def test_an_empty_rota_and_too_many_calls_lead_to_voicemail(rings: bool) -> None:
    call = replace(
        begin_call(CALL, NOW, challenged=True, rings=rings, known=True), state=CallState.SITUATION
    )
    rota = PhonesOnDuty() if rings else PhonesOnDuty(tuple(PEOPLE), (), frozenset(PEOPLE))
    call, actions = step_call(call, CallerDigits(0, ""), rota, NOW)
    call, actions = step_call(call, CallerDigits(1, ""), rota, NOW)
    assert (call.state, actions) == ("voicemail", [])


def test_a_challenge_that_nobody_answers_rings_nobody_and_takes_a_message() -> None:
    rota = PhonesOnDuty(tuple(PEOPLE), (), frozenset(PEOPLE))
    call = begin_call(CALL, NOW, challenged=True, rings=True, known=True)
    for turn in (0, 1):
        call, actions = step_call(call, CallerDigits(turn, "7"), rota, NOW)
    assert (call.state, call.legs, actions) == ("voicemail", (), [])


def test_a_recording_is_kept_whenever_it_is_told_of_and_only_once() -> None:
    call, rota = ringing(PEOPLE[0])
    call, actions = step_call(call, Recorded("RE1"), rota, NOW)
    assert Keep("RE1") in actions
    assert step_call(call, Recorded("RE1"), rota, NOW)[1] == []
    call, _ = step_call(call, Kept(), rota, NOW)
    assert (call.state, call.disposition) == ("ended", "voicemail")


def test_a_webhook_that_comes_twice_throws_nobody_off_the_line() -> None:
    call, _ = begin_outgoing_call(CALL, PEOPLE[0], NOW)
    rota = PhonesOnDuty()
    call, [ring] = step_call(call, LegDigits(call.legs[0].id, "1"), rota, NOW)
    assert isinstance(ring, Ring)
    call, _ = step_call(call, LegUp(ring.leg), rota, NOW)
    assert call.state == CallState.BRIDGED
    for leg in call.legs:
        for event in (LegUp(leg.id), LegDigits(leg.id, "1"), LegDigits(leg.id)):
            assert step_call(call, event, rota, NOW) == (call, [])
