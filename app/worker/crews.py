"""The crews: which threads do which kinds of job."""

from __future__ import annotations

from dataclasses import dataclass

from app.calls import CALL_JOBS
from app.outbox import MEDIA_JOB, PHONE_TROUBLE_JOB, UNHEARD_JOB
from app.requests import JOIN_CALL_JOB
from app.statistics import PRINT_JOB
from app.vault import ABSORB_JOB
from app.worker.duties import RECURRING


@dataclass(frozen=True)
class WorkerCrew:
    """Threads for some kinds of job, so that no kind waits for another's carrier or rate.

    ``together``: how many jobs of a kind a thread takes at once. ``gives_way_s``: for how long it
    waits at most, while texts pour in, before it begins again.
    """

    kinds: tuple[str, ...]
    threads: int
    together: int = 1
    gives_way_s: float = 0.0


# What asks the carrier for much may be slow when it is; the other timers do not wait for it.
_ASK_CARRIER = ("carrier-copies", "carrier-calls", "carrier-list", "lost-callbacks")
# What is done at once when it is hastened, also while texts pour in.
_AT_ONCE = (ABSORB_JOB,)
_OTHERS = tuple(kind for kind in RECURRING if kind not in (*_ASK_CARRIER, *_AT_ONCE))
# The only crews at work while the server is sealed. They do what they can.
ALWAYS = (
    WorkerCrew(_OTHERS, threads=2, gives_way_s=30),
    WorkerCrew(_ASK_CARRIER, threads=2, gives_way_s=30),
)


def make_crews(texts_together: int) -> tuple[WorkerCrew, ...]:
    """Return all crews; ``texts_together`` is how many texts a thread sends at once."""
    return (
        WorkerCrew(("alert", UNHEARD_JOB), threads=1, together=64, gives_way_s=0.5),
        WorkerCrew(_AT_ONCE, threads=1),
        WorkerCrew(("offers", PHONE_TROUBLE_JOB, JOIN_CALL_JOB), threads=1),
        WorkerCrew((PRINT_JOB,), threads=1),
        WorkerCrew((MEDIA_JOB,), threads=1, gives_way_s=30),
        WorkerCrew(("send",), threads=4, together=texts_together),
        # One for each phone that may ring at once: all of them ring within the second.
        WorkerCrew(CALL_JOBS, threads=10),
        *ALWAYS,
    )
