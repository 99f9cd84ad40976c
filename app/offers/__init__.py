"""Offers: people are asked, a few at a time, until one of them takes the request.

``step`` is the ladder, climbed while nobody is signed in; ``accept`` and ``decline`` are what the
asked may say, in the console or, by ``answer``, with the code of the text they got. The request's
row is locked first in all of it: of any number who accept at once, one wins.
"""

from app.offers.answering import answer, asked_numbers, forget_old, read_answer
from app.offers.deciding import LATE, Mine, accept, decline, follow_date, mine, state_of
from app.offers.ladder import step
from app.offers.planning import MANY, plan_surge
from app.offers.telling import tell

__all__ = [
    "LATE",
    "MANY",
    "Mine",
    "accept",
    "answer",
    "asked_numbers",
    "decline",
    "follow_date",
    "forget_old",
    "mine",
    "plan_surge",
    "read_answer",
    "state_of",
    "step",
    "tell",
]
