"""A call's life, pure: ``step(state, event, rota, now)`` gives the next state and what to do.

Whatever comes, in whichever order and however often: a call that has not ended has an owner and a
deadline, and what its deadline leads to needs nobody's help. Waiting callers ask for themselves
every few seconds what is next (``Polled``), so that neither a dead worker nor a carrier that
refuses a request keeps anybody waiting past the deadline.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from app.voice.states import (
    LASTS,
    MOST_LEGS,
    Action,
    CallerLeft,
    CallState,
    Cancel,
    Check,
    DeadlinePassed,
    Digits,
    Event,
    Keep,
    Kept,
    Leg,
    LegDigits,
    LegDown,
    LegUp,
    Listen,
    Move,
    Name,
    NoRecording,
    Polled,
    Recorded,
    Ring,
    RoomLeft,
    Rota,
    Spoken,
    StillOn,
    Summon,
)

LANGUAGES = {"1": "en", "2": "fr", "3": "es", "4": "ht", "5": None}
SITUATIONS = {
    "1": "happening_now",
    "2": "detained",
    "3": "date_or_letter",
    "4": "witnessed",
    "5": "service_denied",
    "6": "other",
}
# The tier that follows from the situation alone; who says nothing may be unable to.
TIERS = {
    "happening_now": 0,
    "detained": 0,
    "date_or_letter": 1,
    "witnessed": 1,
    "service_denied": 2,
    "other": 2,
}
UNKNOWN_TIER = 1
CHALLENGE = "4"
_TRIES = 2
# A recording that the carrier told of nowhere is looked for this often.
_LOOKS = 60

Result = tuple[CallState, list[Action]]


def tier(situation: str | None) -> int:
    """Return how urgent a call about this is."""
    return TIERS.get(situation or "", UNKNOWN_TIER)


def begin(call_id: UUID, now: datetime, *, challenged: bool, rings: bool, known: bool) -> CallState:
    """Return the first state of a call that comes in."""
    first: Name = "challenge" if challenged and rings else "menu"
    return CallState(call_id, first, now + LASTS[first], rings=rings, known=known)


def begin_outgoing(call_id: UUID, member: UUID, now: datetime) -> Result:
    """Return the first state of a call that a member of the desk makes: their own phone rings."""
    until = now + LASTS["calling"]
    state = CallState(call_id, "calling", until, outgoing=True, winner=member)
    state, leg = state.adding("desk", member)
    return state, [Ring(leg.id)]


def step(state: CallState, event: Event, rota: Rota, now: datetime) -> Result:
    """Return the state after an event, and what is to be done."""
    if state.ended:
        return state, []
    match event:
        case Digits():
            return _digits(state, event, rota, now)
        case LegUp() | LegDigits() | LegDown():
            leg = state.leg(event.leg)
            return (state, []) if leg is None else _leg(state, leg, event, rota, now)
        case Spoken() | Recorded() | NoRecording() | Kept():
            return _recording(state, event, now)
        case Summon():
            return _summon(state, event)
        case Polled() if state.name == "ringing":
            return _polled(state, rota, now)
        case _:
            return _ending(state, event, now)


def _ending(state: CallState, event: Event, now: datetime) -> Result:
    """Take what may end a call, or shows that it goes on."""
    match event:
        case CallerLeft():
            return _caller_left(state, now)
        case DeadlinePassed():
            return _deadline(state, now)
        case StillOn() if state.name == "bridged":
            return _to(state, "bridged", now), []
        case RoomLeft() if state.name == "bridged" and not state.outgoing:
            return _voicemail(state, now)
        case _:
            return state, []


# -- questions


def _digits(state: CallState, event: Digits, rota: Rota, now: datetime) -> Result:
    if event.turn != state.turn:  # a repeated or late webhook: the question stands as it is
        return state, []
    match state.name:
        case "challenge" if event.digits == CHALLENGE:
            return _ask(state, "menu", now), []
        case "menu" if event.digits in LANGUAGES:
            return _ask(replace(state, language=LANGUAGES[event.digits]), "situation", now), []
        case "situation" if event.digits in SITUATIONS:
            return _connect(replace(state, situation=SITUATIONS[event.digits]), rota, now)
        case "challenge" | "menu" | "situation":
            return _again(state, rota, now)
        case _:
            return state, []


def _ask(state: CallState, name: Name, now: datetime) -> CallState:
    return replace(_to(state, name, now), turn=state.turn + 1, tries=0)


def _again(state: CallState, rota: Rota, now: datetime) -> Result:
    """Ask once more; who presses nothing twice goes on without an answer."""
    if state.tries + 1 < _TRIES:
        return replace(state, turn=state.turn + 1, tries=state.tries + 1), []
    match state.name:
        case "menu":
            return _ask(state, "situation", now), []
        case "situation":
            return _connect(state, rota, now)
        case _:  # a machine, probably; a person can still leave a message
            return _voicemail(replace(state, rings=False), now, move=False)


# -- looking for somebody


def _connect(state: CallState, rota: Rota, now: datetime) -> Result:
    if not state.rings or not (rota.duty or rota.fallback):
        return _voicemail(state, now, move=False)
    return _ring_more(_to(state, "ringing", now), rota, now, move=False)


def _polled(state: CallState, rota: Rota, now: datetime) -> Result:
    if state.deadline is not None and now >= state.deadline:  # whoever else should have noticed
        return _voicemail(state, now, move=False)
    return _ring_more(state, rota, now, move=False)


def _ring_more(state: CallState, rota: Rota, now: datetime, *, move: bool) -> Result:
    """Ring who is on duty and free, those standing by once nobody on duty is left to be rung."""
    asked = {leg.member for leg in state.legs}
    room = MOST_LEGS - len(state.running())
    group = rota.duty
    chosen = _free(group, asked, rota)[:room]
    if not chosen and not state.running() and not _to_come(group, asked):
        group = (*rota.duty, *rota.fallback)
        chosen = _free(group, asked, rota)[:room]
    if not chosen and not state.running() and not _to_come(group, asked):
        return _voicemail(state, now, move=move)
    actions: list[Action] = []
    for member in chosen:
        state, leg = state.adding("desk", member)
        actions.append(Ring(leg.id))
    return state, actions


def _free(group: Iterable[UUID], asked: set[UUID | None], rota: Rota) -> list[UUID]:
    return [one for one in dict.fromkeys(group) if one not in asked and one in rota.free]


def _to_come(group: Iterable[UUID], asked: set[UUID | None]) -> bool:
    """Whether somebody of a group was not rung yet: they are on another call."""
    return any(one not in asked for one in group)


# -- phones that ring


def _leg(
    state: CallState, leg: Leg, event: LegUp | LegDigits | LegDown, rota: Rota, now: datetime
) -> Result:
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


def _joined(state: CallState, leg: Leg, now: datetime) -> Result:
    match state.name, leg.kind:
        case "ringing", "desk":
            return _won(state, leg, now)
        case "calling", "desk":
            dialing, caller = _to(state.with_leg(leg, "joined"), "dialing", now).adding(
                "caller", None
            )
            return dialing, [Ring(caller.id)]
        case "dialing", "caller":
            return _to(state.with_leg(leg, "joined"), "bridged", now), []
        case "bridged", "colleague":
            return replace(state.with_leg(leg, "joined"), winner=leg.member), []
        case "bridged", "interpreter":
            return state.with_leg(leg, "joined"), []
        case _:
            return state.with_leg(leg, "over"), []


def _won(state: CallState, leg: Leg, now: datetime) -> Result:
    """Give the call to who pressed 1 first; the others hear that it is taken."""
    actions: list[Action] = [Move()]
    for other in state.running():
        if other.id != leg.id:
            actions.append(Move(other.id) if other.state == "answered" else Cancel(other.id))
            state = state.with_leg(other, "over")
    state = replace(state.with_leg(leg, "joined"), winner=leg.member)
    return _to(state, "bridged", now), actions


def _leg_over(state: CallState, leg: Leg, rota: Rota, now: datetime) -> Result:
    before, state = leg.state, state.with_leg(leg, "over")
    match state.name, leg.kind:
        case "ringing", _:
            return _ring_more(state, rota, now, move=True)
        case ("calling", "desk") | ("dialing", _):
            return _end(state, "no_answer" if leg.kind == "caller" else "unanswered")
        case "bridged", "caller":
            return _end(state, "answered")
        case "bridged", "desk" | "colleague" if before == "joined":
            return _helper_left(state, now)
        case "bridged", "colleague" if not _helpers(state):
            return _helper_left(state, now)
        case _:
            return state, []


def _helpers(state: CallState) -> list[Leg]:
    return [leg for leg in state.running("desk", "colleague") if leg.state == "joined"]


def _helper_left(state: CallState, now: datetime) -> Result:
    """Look after a caller whose helper is gone: a colleague who comes, else a message."""
    if _helpers(state) or state.running("colleague"):
        return state, []
    if state.outgoing:
        return _end(state, "answered")
    return _voicemail(state, now)


def _summon(state: CallState, event: Summon) -> Result:
    if state.name != "bridged" or (state.custody and event.kind == "interpreter"):
        return state, []
    present = {leg.member for leg in state.running()}
    if event.member in present or len(state.running()) >= MOST_LEGS:
        return state, []
    state, leg = state.adding(event.kind, event.member)
    return state, [Ring(leg.id)]


# -- messages


def _voicemail(state: CallState, now: datetime, *, move: bool = True) -> Result:
    """Let the caller leave a message; no phone rings any more."""
    if state.outgoing:
        return _end(state, "unanswered")
    state, actions = _silence(state)
    state = replace(_to(state, "voicemail", now), tries=0)
    return state, [*actions, Move()] if move else actions


def _recording(
    state: CallState, event: Spoken | Recorded | NoRecording | Kept, now: datetime
) -> Result:
    match event:
        case Kept() if state.recording is not None:
            return _end(state, "answered" if state.winner else "voicemail")
        case NoRecording() if state.name == "keeping" and state.recording is None:
            return _end(state, _without_message(state))
        case Recorded(sid=sid) if not state.outgoing and state.recording in (None, sid):
            known, (state, actions) = state.recording, _silence(state)
            state = replace(_to(state, "keeping", now), recording=sid)
            return state, actions if known else [*actions, Keep(sid)]
        case Spoken() if state.name == "voicemail":
            return replace(_to(state, "keeping", now), tries=0), []
        case _:
            return state, []


def _without_message(state: CallState) -> str:
    return "answered" if state.winner else "missed"


# -- ends


def _caller_left(state: CallState, now: datetime) -> Result:
    match state.name:
        case "keeping" | "calling" | "dialing":
            return state, []
        case "voicemail":  # what was said so far is a message, too
            return replace(_to(state, "keeping", now), tries=0), []
        case "bridged":
            return _end(state, "answered")
        case _:
            return _end(state, "missed")


def _deadline(state: CallState, now: datetime) -> Result:
    match state.name:
        case "calling" | "dialing":
            return _end(state, "no_answer" if state.name == "dialing" else "unanswered")
        case "bridged":
            return _to(state, "bridged", now), [Check()]
        case "voicemail":
            return replace(_to(state, "keeping", now), tries=0), [Listen()]
        case "keeping" if state.tries < _LOOKS:
            tries = state.tries + 1
            again = now + min(LASTS["keeping"] * 2 ** min(tries, 6), timedelta(minutes=50))
            look: Action = Keep(state.recording) if state.recording else Listen()
            return replace(state, tries=tries, deadline=again), [look]
        case "keeping":
            return _end(state, "lost")
        case _:
            return _voicemail(state, now)


def _end(state: CallState, disposition: str) -> Result:
    state, actions = _silence(state)
    return replace(state, name="ended", deadline=None, disposition=disposition), actions


def _silence(state: CallState) -> tuple[CallState, list[Action]]:
    """End every phone that rings or is on the line, but for the caller's own."""
    actions: list[Action] = [Cancel(leg.id) for leg in state.running()]
    for leg in state.running():
        state = state.with_leg(leg, "over")
    return state, actions


def _to(state: CallState, name: Name, now: datetime) -> CallState:
    return replace(state, name=name, deadline=now + LASTS[name])
