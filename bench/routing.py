"""Measure the plan for a raid day: everything open and everybody at once, next to one by one.

python -m bench.routing                        500 requests, 200 people, 5 rounds
python -m bench.routing --requests 60 --people 30

Exits 1 if the median plan took longer than it may, or cost more than one by one. The solver's
process is started once, as for a surge; its start is printed apart.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from statistics import median
from uuid import UUID

import psutil

from app.requests import Candidate, Need, Solver, SurgePlan, Window, assign_all, assign_one_by_one

_TARGET_MS = 300
_START = datetime(2026, 11, 23, 12, tzinfo=UTC)
_LANGUAGES = ("en", "fr", "es", "ht", "ar", "pa", "pt-BR", "zh-Hans")
_REGIONS = ("montreal", "laval", "quebec", "ottawa", "toronto", "vancouver", "other")
_SKILLS = ("court", "detention", "children", "woman")
_ROLES = ("accompanier", "accompanier", "accompanier", "legal", "interpreter")
_KINDS = ("accompaniment", "accompaniment", "accompaniment", "legal", "interpreter")


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; return 1 if a target was missed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--requests", type=int, default=500)
    parser.add_argument("--people", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=5)
    size = parser.parse_args(arguments)
    start = time.perf_counter()
    with Solver() as solver:
        assign_all(_requests(1, 1), _people(1, 1), solver)
        started, memory = _ms(start), _megabytes(solver)
        print(f"start of the solver's process {started:.0f} ms, its memory {memory:.0f} MB")
        rounds = [_round(size.requests, size.people, seed, solver) for seed in range(size.rounds)]
    took, processor, cheaper = zip(*rounds, strict=True)
    print(
        f"median of a plan for {size.requests} × {size.people}: {median(took):.0f} ms, "
        f"of them {median(processor):.0f} ms of processor time"
    )
    return int(median(took) > _TARGET_MS or not all(cheaper))


def _round(requests: int, people: int, seed: int, solver: Solver) -> tuple[float, float, bool]:
    """Plan both ways in turn; return the plan's ms, its processor's ms, and if it costs no more."""
    wanted, candidates = _requests(requests, seed), _people(people, seed)
    used = _processor_ms(solver)
    best, took = _measured(lambda: assign_all(wanted, candidates, solver))
    used = _processor_ms(solver) - used
    alone, took_alone = _measured(lambda: assign_one_by_one(wanted, candidates))
    for name, plan, ms in (("together", best, took), ("one by one", alone, took_alone)):
        print(
            f"{name:12}{ms:7.0f} ms   {len(plan.chosen)} served, "
            f"left out by tier {plan.score[:4]}, cost {plan.score[4]}, "
            f"{plan.score[4] / max(1, len(plan.chosen)):.1f} each"
        )
    return took, used, best.score <= alone.score


def _measured(make: Callable[[], SurgePlan]) -> tuple[SurgePlan, float]:
    start = time.perf_counter()
    plan = make()
    return plan, _ms(start)


def _processor_ms(solver: Solver) -> float:
    """Return what this process and the solver's have used; other work hardly moves it."""
    used = [psutil.Process().cpu_times(), psutil.Process(solver.pid).cpu_times()]
    return sum(times.user + times.system for times in used) * 1_000


def _megabytes(solver: Solver) -> float:
    return float(psutil.Process(solver.pid).memory_info().rss) / 2**20


def _ms(start: float) -> float:
    return (time.perf_counter() - start) * 1_000


def _requests(count: int, seed: int) -> list[Need]:
    """Return a raid day's requests: mostly urgent, mostly one city, a third with a fixed time."""
    drawn = random.Random(seed)  # noqa: S311  # a scenario, not a secret
    return [_request(number, drawn) for number in range(count)]


def _request(number: int, drawn: random.Random) -> Need:
    kind = drawn.choice(_KINDS)
    spoken = drawn.choice(_LANGUAGES[2:])
    return Need(
        UUID(int=number),
        kind,
        drawn.choices((0, 1, 2, 3), (3, 4, 2, 1))[0],
        (spoken, "fr") if kind == "interpreter" else (spoken,),
        drawn.choices(_REGIONS, (9, 4, 1, 2, 2, 1, 1))[0],
        frozenset(drawn.sample(_SKILLS[:3], drawn.choice((0, 0, 1)))),
        _window(drawn) if drawn.random() < 1 / 3 else None,
        frozenset({"woman"} if drawn.random() < 0.1 else ()),
    )


def _people(count: int, seed: int) -> list[Candidate]:
    drawn = random.Random(seed + 1_000)  # noqa: S311
    return [_person(number, drawn) for number in range(count)]


def _person(number: int, drawn: random.Random) -> Candidate:
    return Candidate(
        UUID(int=10**6 + number),
        f"bird{number}",
        frozenset({drawn.choice(_ROLES)}),
        frozenset({"fr", *drawn.sample(_LANGUAGES, 2)}),
        frozenset(drawn.choices(_REGIONS, (9, 4, 1, 2, 2, 1, 1), k=2)),
        frozenset(drawn.sample(_SKILLS, 2)),
        drawn.choice((2, 3, 4, 5, None)),
        drawn.randrange(2),
        drawn.random() < 0.3,
        (_window(drawn),) if drawn.random() < 0.3 else (),
        vetted=drawn.random() < 0.9,
    )


def _window(drawn: random.Random) -> Window:
    begin = _START + timedelta(hours=drawn.randrange(48))
    return begin, begin + timedelta(hours=drawn.choice((1, 2, 4)))


if __name__ == "__main__":
    sys.exit(main())
