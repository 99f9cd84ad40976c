"""Which question comes next, and when one is asked again."""

from __future__ import annotations

from app.intake.script import MOST_QUESTIONS
from app.intake.turn import Turn


def ask_next(turn: Turn) -> None:
    """Ask what the topic still needs, or end with thanks."""
    left = list_left_questions(turn)
    # A language switched off in between has no questions any more, only notices for everyone.
    speaks = turn.script.texts.speaks(turn.language)
    if not left or turn.asked >= MOST_QUESTIONS or not speaks:
        turn.stage, turn.reply = "done", "thanks"
    else:
        turn.stage = turn.reply = left[0]
        turn.asked += 1


def list_left_questions(turn: Turn) -> list[str]:
    """Return the topic's questions behind the open one, without a city that is known."""
    topic = turn.script.situation(turn.topic)
    asks = topic.asks if topic is not None else ()
    at = asks.index(turn.stage) + 1 if turn.stage in asks else 0
    return [question for question in asks[at:] if question != "city" or not turn.city]


def ask_again(turn: Turn) -> None:
    """Repeat the open question, unless that takes the place of one still to come."""
    left = MOST_QUESTIONS - 2 if turn.stage == "situation" else len(list_left_questions(turn))
    if turn.asked + left < MOST_QUESTIONS and turn.script.texts.speaks(turn.language):
        turn.reply = turn.stage
        turn.asked += 1
