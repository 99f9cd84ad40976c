"""Whose phone rings and who wins, pure: people on duty, colleagues, interpreters, a caller."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from app.calls.endings import StepResult, end_call, go_to_voicemail, move_to
from app.calls.states import (
    MOST_LEGS,
    CallAction,
    CallState,
    Cancel,
    Leg,
    LegDigits,
    LegDown,
    LegUp,
    Move,
    PhonesOnDuty,
    Ring,
    Summon,
)


def connect_caller(state: CallState, rota: PhonesOnDuty, now: datetime) -> StepResult:
    """Look for a person, where somebody is there and phones may ring."""
    if not state.rings or not (rota.duty or rota.fallback):
        return go_to_voicemail(state, now, move=False)
    return _ring_more(move_to(state, "ringing", now), rota, now, move=False)


def take_poll(state: CallState, rota: PhonesOnDuty, now: datetime) -> StepResult:
    """Look again for a person; the deadline holds here, too."""
    if state.deadline is not None and now >= state.deadline:  # whoever else should have noticed
        return go_to_voicemail(state, now, move=False)
    return _ring_more(state, rota, now, move=False)


def _ring_more(state: CallState, rota: PhonesOnDuty, now: datetime, *, move: bool) -> StepResult:
    """Ring who is on duty and free, those standing by once nobody on duty is left to be rung."""
    asked = {leg.member for leg in state.legs}
    room = MOST_LEGS - len(state.running())
    group = rota.duty
    chosen = _free(group, asked, rota)[:room]
    if not chosen and not state.running() and not _to_come(group, asked):
        group = (*rota.duty, *rota.fallback)
        chosen = _free(group, asked, rota)[:room]
    if not chosen and not state.running() and not _to_come(group, asked):
        return go_to_voicemail(state, now, move=move)
    actions: list[CallAction] = []
    for member in chosen:
        state, leg = state.adding("desk", member)
        actions.append(Ring(leg.id))
    return state, actions


def _free(group: Iterable[UUID], asked: set[UUID | None], rota: PhonesOnDuty) -> list[UUID]:
    return [one for one in dict.fromkeys(group) if one not in asked and one in rota.free]


def _to_come(group: Iterable[UUID], asked: set[UUID | None]) -> bool:
    """Whether somebody of a group was not rung yet: they are on another call."""
    return any(one not in asked for one in group)


def take_leg_event(
    state: CallState,
    leg: Leg,
    event: LegUp | LegDigits | LegDown,
    rota: PhonesOnDuty,
    now: datetime,
) -> StepResult:
    """Take what happened to a phone that rings."""
    if not leg.running:
        return state, []
    match event:
        case LegUp() if leg.kind == "caller":
            return _joined(state, leg, now)
        case LegUp():
            return (state.with_leg(leg, "answered") if leg.state == "asked" else state), []
        case LegDigits(digits="1") if leg.state != "joined" and leg.kind != "caller":
            return _joined(state, leg, now)
        case LegDigits() if leg.state == "joined" or leg.kind == "caller":
            return state, []
        case _:
            return _leg_over(state, leg, rota, now)


def _joined(state: CallState, leg: Leg, now: datetime) -> StepResult:
    match state.name, leg.kind:
        case "ringing", "desk":
            return _won(state, leg, now)
        case "calling", "desk":
            dialing, caller = move_to(state.with_leg(leg, "joined"), "dialing", now).adding(
                "caller", None
            )
            return dialing, [Ring(caller.id)]
        case "dialing", "caller":
            return move_to(state.with_leg(leg, "joined"), "bridged", now), []
        case "bridged", "colleague":
            return replace(state.with_leg(leg, "joined"), winner=leg.member), []
        case "bridged", "interpreter":
            return state.with_leg(leg, "joined"), []
        case _:
            return state.with_leg(leg, "over"), []


def _won(state: CallState, leg: Leg, now: datetime) -> StepResult:
    """Give the call to who pressed 1 first; the others hear that it is taken."""
    actions: list[CallAction] = [Move()]
    for other in state.running():
        if other.id != leg.id:
            actions.append(Move(other.id) if other.state == "answered" else Cancel(other.id))
            state = state.with_leg(other, "over")
    state = replace(state.with_leg(leg, "joined"), winner=leg.member)
    return move_to(state, "bridged", now), actions


def _leg_over(state: CallState, leg: Leg, rota: PhonesOnDuty, now: datetime) -> StepResult:
    before, state = leg.state, state.with_leg(leg, "over")
    match state.name, leg.kind:
        case "ringing", _:
            return _ring_more(state, rota, now, move=True)
        case ("calling", "desk") | ("dialing", _):
            return end_call(state, "no_answer" if leg.kind == "caller" else "unanswered")
        case "bridged", "caller":
            return end_call(state, "answered")
        case "bridged", "desk" | "colleague" if before == "joined":
            return _helper_left(state, now)
        case "bridged", "colleague" if not _helpers(state):
            return _helper_left(state, now)
        case _:
            return state, []


def _helper_left(state: CallState, now: datetime) -> StepResult:
    """Look after a caller whose helper is gone: a colleague who comes, else a message."""
    if _helpers(state) or state.running("colleague"):
        return state, []
    if state.outgoing:
        return end_call(state, "answered")
    return go_to_voicemail(state, now)


def _helpers(state: CallState) -> list[Leg]:
    return [leg for leg in state.running("desk", "colleague") if leg.state == "joined"]


def summon_person(state: CallState, event: Summon) -> StepResult:
    """Ring somebody into the conversation; nobody on a line of detention's."""
    if state.name != "bridged" or state.custody:
        return state, []
    present = {leg.member for leg in state.running()}
    if event.member in present or len(state.running()) >= MOST_LEGS:
        return state, []
    state, leg = state.adding(event.kind, event.member)
    return state, [Ring(leg.id)]
