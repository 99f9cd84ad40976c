"""Whose phone rings and who gets the call, pure: the desk, colleagues, interpreters, a caller."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from app.calls.actions import CallAction, Cancel, Move, Ring
from app.calls.courses import MOST_LEGS, CallCourse, Leg, PhonesOnDuty
from app.calls.endings import StepResult, end_call, go_to_voicemail
from app.calls.events import LegDigits, LegDown, LegUp, Summon
from app.models import CallState, LegState


def connect_caller(call: CallCourse, rota: PhonesOnDuty, now: datetime) -> StepResult:
    """Ring the desk, if phones may ring and anybody is on duty; else take a message."""
    if not call.rings or not (rota.duty or rota.fallback):
        return go_to_voicemail(call, now, move=False)
    return _ring_more(call.entering(CallState.RINGING, now), rota, now, move=False)


def take_poll(call: CallCourse, rota: PhonesOnDuty, now: datetime) -> StepResult:
    """Ring whoever is free by now; the deadline holds here, too."""
    if call.deadline is not None and now >= call.deadline:  # a job should have done this
        return go_to_voicemail(call, now, move=False)
    return _ring_more(call, rota, now, move=False)


def _ring_more(call: CallCourse, rota: PhonesOnDuty, now: datetime, *, move: bool) -> StepResult:
    """Ring the members on duty who are free, then those who stand by."""
    asked = {leg.member for leg in call.legs}
    room = MOST_LEGS - len(call.running())
    group = rota.duty
    chosen = _free(group, asked, rota)[:room]
    if not chosen and not call.running() and not _to_come(group, asked):
        group = (*rota.duty, *rota.fallback)
        chosen = _free(group, asked, rota)[:room]
    if not chosen and not call.running() and not _to_come(group, asked):
        return go_to_voicemail(call, now, move=move)
    actions: list[CallAction] = []
    for member in chosen:
        call, leg = call.adding("desk", member)
        actions.append(Ring(leg.id))
    return call, actions


def _free(group: Iterable[UUID], asked: set[UUID | None], rota: PhonesOnDuty) -> list[UUID]:
    return [one for one in dict.fromkeys(group) if one not in asked and one in rota.free]


def _to_come(group: Iterable[UUID], asked: set[UUID | None]) -> bool:
    """Whether a member of a group is still to be rung: they are on another call."""
    return any(one not in asked for one in group)


def take_leg_event(
    call: CallCourse,
    leg: Leg,
    event: LegUp | LegDigits | LegDown,
    rota: PhonesOnDuty,
    now: datetime,
) -> StepResult:
    """Take what happened to a phone that rings."""
    if not leg.running:
        return call, []
    match event:
        case LegUp() | LegDigits() if leg.state == LegState.JOINED:  # told twice
            return call, []
        case LegUp() if leg.kind == "caller":
            return _joined(call, leg, now)
        case LegUp():
            return call.with_leg(leg, LegState.ANSWERED), []
        case LegDigits() if leg.kind == "caller":
            return call, []
        case LegDigits(digits="1"):
            return _joined(call, leg, now)
        case _:
            return _leg_over(call, leg, rota, now)


def _joined(call: CallCourse, leg: Leg, now: datetime) -> StepResult:
    joined = call.with_leg(leg, LegState.JOINED)
    match call.state, leg.kind:
        case CallState.RINGING, "desk":
            return _won(call, leg, now)
        case CallState.CALLING, "desk":
            call, caller = joined.entering(CallState.DIALING, now).adding("caller", None)
            return call, [Ring(caller.id)]
        case CallState.DIALING, "caller":
            return joined.entering(CallState.BRIDGED, now), []
        case CallState.BRIDGED, "colleague":
            return replace(joined, winner=leg.member), []
        case CallState.BRIDGED, "interpreter":
            return joined, []
        case _:
            return call.with_leg(leg, LegState.OVER), []


def _won(call: CallCourse, leg: Leg, now: datetime) -> StepResult:
    """Give the call to the first who pressed 1; the others hear that it is taken."""
    actions: list[CallAction] = [Move()]
    for other in call.running():
        if other.id != leg.id:
            actions.append(Move(other.id) if other.state == LegState.ANSWERED else Cancel(other.id))
            call = call.with_leg(other, LegState.OVER)
    call = replace(call.with_leg(leg, LegState.JOINED), winner=leg.member)
    return call.entering(CallState.BRIDGED, now), actions


def _leg_over(call: CallCourse, leg: Leg, rota: PhonesOnDuty, now: datetime) -> StepResult:
    before, call = leg.state, call.with_leg(leg, LegState.OVER)
    match call.state, leg.kind:
        case CallState.RINGING, _:
            return _ring_more(call, rota, now, move=True)
        case (CallState.CALLING, "desk") | (CallState.DIALING, _):
            return end_call(call, "no_answer" if leg.kind == "caller" else "unanswered", now)
        case CallState.BRIDGED, "caller":
            return end_call(call, "answered", now)
        case CallState.BRIDGED, "desk" | "colleague" if before == LegState.JOINED:
            return _helper_left(call, now)
        case CallState.BRIDGED, "colleague" if not _helpers(call):
            return _helper_left(call, now)
        case _:
            return call, []


def _helper_left(call: CallCourse, now: datetime) -> StepResult:
    """Leave a caller whose helper is gone to a colleague who comes, else take a message."""
    if _helpers(call) or call.running("colleague"):
        return call, []
    if call.outgoing:
        return end_call(call, "answered", now)
    return go_to_voicemail(call, now)


def _helpers(call: CallCourse) -> list[Leg]:
    return [leg for leg in call.running("desk", "colleague") if leg.state == LegState.JOINED]


def summon_person(call: CallCourse, event: Summon) -> StepResult:
    """Ring a member into the conversation, but never on a line of a place of detention."""
    if call.state != CallState.BRIDGED or call.custody:
        return call, []
    present = {leg.member for leg in call.running()}
    if event.member in present or len(call.running()) >= MOST_LEGS:
        return call, []
    call, leg = call.adding(event.kind, event.member)
    return call, [Ring(leg.id)]
