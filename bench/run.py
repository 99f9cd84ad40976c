"""Measure the service next to its yardsticks, in turn, and say how they compare.

    make bench                              everybody, 5 rounds of 4 s, 16 connections
    python -m bench.run --gate              quickly, and exit 1 if the service got slower
    python -m bench.run --opponents DIR     with a bare.py and a naive.py of yours as well

All load stays on the loopback address.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from bench import gate, load, machine, report
from bench.carrier import agreeable_carrier
from bench.contestants import Contestant, Workplace, contestants
from bench.machine import ServerFailedError
from bench.measure import Load, Run, VoidRunError, measure

ROOT = Path(__file__).parents[1]
USUAL = ["bare", "naive-sqlite", "naive-postgresql", "kith-sqlite", "kith-postgresql"]
_MOST_PER_SECOND = 5_000  # no contestant on one core is faster; the load file is cut for it
_TRIES = 3  # of a run that was void


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what was asked for; return 0, 1 for a loss or 2 where measuring is not possible."""
    wanted = _parse(arguments)
    try:
        machine.load_program()
    except machine.NoLoadProgramError as error:
        print(error, file=sys.stderr)
        return 2
    if not machine.can_pin():
        print("No taskset or one core only: server and load disturb each other.", file=sys.stderr)
    try:
        runs = _measure_all(wanted) if not wanted.gate else _measure_for_gate()
    except (ServerFailedError, VoidRunError) as error:
        print(error, file=sys.stderr)
        return 2
    summaries = report.summarise(runs)
    print(report.table(summaries))
    result = wanted.output or report_path()
    report.write(result, machine.description(), runs)
    print(f"\nwritten to {result}")
    return _judge(summaries) if wanted.gate else 0


def report_path() -> Path:
    """Return where the results of a run that starts now belong."""
    return ROOT / "bench" / "results" / f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}.json"


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    add = parser.add_argument
    add("--rounds", type=int, default=None, help="how often everybody has a turn (5)")
    add("--seconds", type=int, default=None, help="how long a turn is (4; quick 2)")
    add("--warm-up", type=int, default=1, help="seconds of texts before it counts (1)")
    add("--connections", type=int, nargs="+", default=[16], help="texts under way at once (16)")
    add("--only", nargs="+", metavar="NAME", help=f"of {', '.join(contestants())}")
    add("--opponents", type=Path, metavar="DIR", help="a folder with another bare.py and naive.py")
    add("--quick", action="store_true", help="shorter turns; only bare and the service")
    add("--gate", action="store_true", help="in a minute: exit 1 if the service got slower")
    add("--output", type=Path, metavar="FILE", help="where the JSON goes (bench/results/)")
    wanted = parser.parse_args(arguments)
    wanted.rounds = wanted.rounds or 5
    wanted.seconds = wanted.seconds or (2 if wanted.quick else 4)
    return wanted


def _measure_for_gate() -> list[Run]:
    folder = ROOT / "var" / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    return gate.measure(folder)


def _measure_all(wanted: argparse.Namespace) -> list[Run]:
    everybody = contestants(wanted.opponents)
    names = wanted.only or _usual(wanted)
    folder = ROOT / "var" / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    with agreeable_carrier() as carrier:
        place = Workplace(
            folder=Path(tempfile.mkdtemp(dir=folder)),
            port=machine.free_port(),
            carrier=carrier,
        )
        place.folder.chmod(0o755)  # PostgreSQL runs as another user if this runs as root
        try:
            file = place.folder / "load"
            count = _MOST_PER_SECOND * (wanted.seconds + wanted.warm_up) + 1
            load.write_load(count, file, place.webhook)
            return [
                _measure_one(
                    name,
                    everybody[name],
                    place,
                    Load(file, connections, wanted.seconds, wanted.warm_up),
                    turn,
                )
                for turn in range(wanted.rounds)
                for connections in wanted.connections
                for name in _rotated(names, turn)
            ]
        finally:
            place.close()


def _usual(wanted: argparse.Namespace) -> list[str]:
    if wanted.quick:
        return ["bare", "kith-sqlite", "kith-postgresql"]
    given = [f"given-{name}" for name in USUAL[:3]] if wanted.opponents else []
    return USUAL[:3] + given + USUAL[3:]


def _rotated(names: Sequence[str], turn: int) -> list[str]:
    """Let everybody begin once in a while: who comes first finds a cooler machine."""
    start = turn % len(names)
    return [*names[start:], *names[:start]]


def _measure_one(
    name: str, contestant: Contestant, place: Workplace, wanted: Load, turn: int
) -> Run:
    for attempt in range(1, _TRIES + 1):
        try:
            run = measure(name, contestant, place, wanted, turn)
        except VoidRunError as void:
            print(f"round {turn + 1} {name}: void, {void}", file=sys.stderr)
            if attempt == _TRIES:
                raise
        else:
            print(f"round {turn + 1} {name}: {run.rps:.0f} texts/s, p99 {run.p99_ms:.0f} ms")
            return run
    raise AssertionError


def _judge(summaries: Sequence[report.Summary]) -> int:
    sentences = report.losses(summaries, report.read_baseline())
    for sentence in sentences:
        print(sentence, file=sys.stderr)
    return 1 if sentences else 0


if __name__ == "__main__":
    sys.exit(main())
