"""The dialogue itself: it takes one incoming text, and returns replies and meaning.

**When the script speaks.** The greeting, in the same bytes to everybody, answers the first text
and any text after 30 minutes of silence, whoever writes and whatever is known; the questions
follow only if the phone then answers with a digit or the name of a language. From there the
dialogue is the one a new phone gets, so that its course does not tell whether a case exists. At
most one question at a time and five after a greeting. Free text is never called invalid: it
answers an open question where it plainly does, and is otherwise left to a person, in silence. The
rest of a text that came in parts answers nothing: it was written before our question. A city's
name is understood whatever was asked, and yes and no answer only what can be answered so; then the
open question is repeated where there is room for it. While a person's talk with the phone goes on
only keywords are answered; a silence ends that talk. A text that breaks a silence still counts as
the answer to the question that was open before.

**Tiers** (0 now, 1 today, 2 this week, 3 information). A step never lowers the tier it was given:

====================================================  ====
words of danger, in any of the sixteen languages      0
a child who says how old they are                     0
happening now, or taken (whether there is a lawyer    0
is not known)
a text a person must read, situation unknown          1
HELP; a wish to be called, situation unknown          1
another language than ours                            1
something seen                                        1
a date within 7 days, or an unclear answer to that,   1
or none since texting is not safe
greetings, thanks, a digit, a chosen language, START  2
a date or letter; help refused                        2
anything else                                         as it was
====================================================  ====

A case unknown so far starts with tier 3, so that its first text decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from app.intake.answers import take_turn
from app.intake.asides import Aside, Remainder, set_aside
from app.intake.asks import find_stated_wish, guess_unruled_wish
from app.intake.keywords import Keyword
from app.intake.meanings import detect_language, find_danger
from app.intake.script import Script
from app.intake.state import ContactHint, Reply, ScriptState, Step, make_reply
from app.intake.turn import Turn
from app.texts import fold

SILENCE = timedelta(minutes=30)
# A text of this length may be the first part of a longer one; the rest follows within seconds, and
# was written before our question came. (Phones part at 153 characters, at 67 in other scripts.)
_PART, _PART_IN_OTHER_SCRIPTS = 120, 60
_REST_FOLLOWS = timedelta(seconds=10)

# The tier of a keyword as long as the situation is not known.
_KEYWORD_TIERS = {Keyword.HELP: 1, Keyword.CALL_ME: 1, Keyword.START: 2}
# After these the greeting would be one text too many on that phone.
_UNGREETED = {Keyword.STOP, Keyword.WRONG_NUMBER, Keyword.ERASE}
_UNKNOWN = ScriptState()


def take_step(
    script: Script,
    state: ScriptState | None,
    text: str,
    *,
    silent_for: timedelta | None,
    urgency: int,
    regions: Sequence[str],
    human: bool,
) -> Step:
    """Take one incoming text, any string, and return what follows from it. Never raises.

    ``state``: from the step before, None for a phone that is not known. ``silent_for``: since the
    last text in either direction, None if there was none. ``urgency``: the tier so far; 3 for a
    new case. ``regions``: of the organisation. ``human``: a person talks; a silence ends that.

    Names in ``answers``: ``safe_now`` and ``date_soon`` (yes, no; unclear), ``city``, ``need``,
    ``reach`` (text, call, both, none, unclear), ``reach_hours``; with ``_text`` behind the
    question's name the caller's words where they did not answer it; ``urgent_because``, the words
    that speak of danger; ``minor`` (yes).
    """
    state = state or _UNKNOWN
    due = silent_for is None or silent_for >= SILENCE or state.stage == "new"
    read = set_aside(text, script.own)
    danger = _find_danger(script, read.words)
    # After a silence a wish is heard as from an unknown phone: the answer must not tell them apart.
    known = _UNKNOWN if due else state
    keyword, turn = find_stated_wish(script, known, fold(text), read.words), None
    if keyword is None:
        turn = _read_turn(script, state, text, read, regions, silent_for, human=human and not due)
        # What answers our question is an answer, though it may sound like a wish.
        answers = not due and (turn.understood or state.stage in turn.answers)
        keyword = None if answers else guess_unruled_wish(known, read.words)
    if keyword is not None:
        step = _obey(script, state, *keyword, due=due, urgency=urgency)
    elif turn is not None:
        step = _make_step(script, turn, due=due, urgency=urgency, human=human)
    # What a phone wrote by itself is whole; an answer may follow it at once.
    long = read.aside is None and _is_long(text)
    return replace(_mark_danger(step, danger), state=replace(step.state, long=long))


def _mark_danger(step: Step, danger: str | None) -> Step:
    """Return the step of a text with such words of danger: tier 0, and the case shows why."""
    if danger is None:
        return step
    return replace(step, urgency=0, answers={**step.answers, "urgent_because": danger})


def _is_long(text: str) -> bool:
    return len(text) >= (_PART if text.isascii() else _PART_IN_OTHER_SCRIPTS)


def _make_step(script: Script, turn: Turn, *, due: bool, urgency: int, human: bool) -> Step:
    return Step(
        replies=_replies(script, turn, due=due, human=human),
        state=_greeted(turn.language, turn.situation) if due else turn.state(),
        urgency=min(urgency, turn.tier),
        language=turn.chosen_language,
        # Never the language of the dialogue: that is the caller's choice, after the greeting.
        detected_language=None if turn.language else detect_language(turn.words),
        situation=turn.chosen_situation,
        region=turn.region,
        answers=turn.answers,
        contact=turn.contact,
        reply_language=turn.language,
        understood=turn.understood,
        begins=due,
    )


def _read_turn(
    script: Script,
    state: ScriptState,
    text: str,
    read: Remainder,
    regions: Sequence[str],
    silent_for: timedelta | None,
    *,
    human: bool,
) -> Turn:
    # Our own option, sent back whole, is an answer where we asked for one.
    words = fold(text) if read.aside is Aside.OUR_WORDS else read.words
    soon = silent_for is not None and silent_for < _REST_FOLLOWS
    continues = state.long and soon and not _only_answers(script, words)
    turn = take_turn(
        script, state, read.text or text, words, regions, human=human, continues=continues
    )  # fmt: skip
    if read.aside is not None:  # a reaction or an automatic reply says nothing about the question
        turn.answers.pop(f"{state.stage}_text", None)
    return turn


def _only_answers(script: Script, words: Sequence[str]) -> bool:
    """Whether ``words`` are a number, a yes or a no alone: never the rest of a longer text."""
    vocabulary = script.vocabulary
    return vocabulary.number(words) is not None or vocabulary.is_yes_or_no(words)


def _find_danger(script: Script, words: Sequence[str]) -> str | None:
    """Return the words that speak of danger: plain wordings first, then what the model reads."""
    if script.own.hold(words):
        return None
    plain = script.vocabulary.find_alarm(words)
    if plain is not None:
        return plain
    return find_danger(words)


def _replies(script: Script, turn: Turn, *, due: bool, human: bool) -> tuple[Reply, ...]:
    if due:
        return (_greeting(script),)
    if turn.reply is None or human:
        return ()
    return (make_reply(script.texts, turn.language, turn.reply),)


def _obey(
    script: Script,
    state: ScriptState,
    keyword: Keyword,
    written_in: str | None,
    *,
    due: bool,
    urgency: int,
) -> Step:
    """Act on a keyword; until the phone answers a greeting, showing no earlier conversation."""
    unanswered = due or state.stage == "language"
    language = written_in if unanswered else state.language or written_in
    # Whether the carrier lets the answer to a STOP through is known where it is sent.
    replies = (
        ()
        if keyword is Keyword.ERASE
        else (make_reply(script.texts, language, _reply_to(keyword)),)
    )
    if due and keyword not in _UNGREETED:
        replies = (_greeting(script), *replies)
        state = _greeted(state.language, state.situation)
    elif due or keyword is Keyword.WRONG_NUMBER:
        state = ScriptState("new", state.language, state.situation)
    tier = 3 if state.situation else _KEYWORD_TIERS.get(keyword, 3)
    calls = keyword is Keyword.CALL_ME
    return Step(
        replies=replies,
        state=state,
        urgency=min(urgency, 1 if keyword is Keyword.HELP else tier),
        contact=ContactHint(("call",), None) if calls else None,
        callback=calls,
        keyword=keyword,
        reply_language=language,
        understood=True,
        begins=due,
    )


def make_next_text(script: Script, state: ScriptState) -> str:
    """Return what the script says once the greeting was answered: ``state`` stands behind that."""
    key = state.stage if state.stage != "done" else "other_language"
    return make_reply(script.texts, state.language, key).text


def _greeting(script: Script) -> Reply:
    return make_reply(script.texts, None, "greeting")


def _greeted(language: str | None, situation: str | None) -> ScriptState:
    """Begin the dialogue anew, as for an unknown phone."""
    return ScriptState("language", language, situation)


def _reply_to(keyword: Keyword) -> str:
    return "callback" if keyword is Keyword.CALL_ME else keyword.value
