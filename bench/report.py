"""From runs to sentences: ratios within a round, the median over rounds, and what changed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median, quantiles

from bench.measure import Run

YARDSTICK = "bare"
WORST_LOSS = 0.25  # of the committed ratio; machines differ and are noisy, so less says nothing
BASELINE = Path(__file__).with_name("baseline.json")


@dataclass(frozen=True)
class Summary:
    """One contestant at one number of connections; ratios are to the yardstick, per round.

    A quarter of the rounds had more than ``better_ratio``. ``cpu_ratio`` is the yardstick's
    processor time for a text over this one's, so that more is better, as with throughput.
    """

    contestant: str
    connections: int
    rps: float
    throughput_ratio: float
    lowest_ratio: float
    better_ratio: float
    highest_ratio: float
    p50_ms: float
    p99_ms: float
    p99_ratio: float
    memory_mb: float
    cpu_ms: float | None
    cpu_ratio: float | None


def summarise(runs: Sequence[Run]) -> list[Summary]:
    """Return one summary for each contestant and number of connections, in order of appearance.

    A load that slows the whole machine slows a round's yardstick too, so each run is divided by
    the yardstick of its own round before the median is taken.
    """
    yardstick = {(r.connections, r.round): r for r in runs if r.contestant == YARDSTICK}
    groups: dict[tuple[str, int], list[Run]] = {}
    for run in sorted(runs, key=lambda r: r.connections):
        groups.setdefault((run.contestant, run.connections), []).append(run)
    return [_summary(group, yardstick) for group in groups.values()]


def _summary(runs: Sequence[Run], yardstick: dict[tuple[int, int], Run]) -> Summary:
    pairs = [(run, yardstick[run.connections, run.round]) for run in runs]
    ratios = [run.rps / bare.rps for run, bare in pairs]
    cpu = [run.cpu_ms for run in runs if run.cpu_ms]
    cpu_ratios = [bare.cpu_ms / run.cpu_ms for run, bare in pairs if bare.cpu_ms and run.cpu_ms]
    return Summary(
        contestant=runs[0].contestant,
        connections=runs[0].connections,
        rps=median(run.rps for run in runs),
        throughput_ratio=round(median(ratios), 3),
        lowest_ratio=round(min(ratios), 3),
        better_ratio=round(_upper_quartile(ratios), 3),
        highest_ratio=round(max(ratios), 3),
        p50_ms=median(run.p50_ms for run in runs),
        p99_ms=median(run.p99_ms for run in runs),
        p99_ratio=round(median(run.p99_ms / bare.p99_ms for run, bare in pairs), 2),
        memory_mb=median(run.memory_mb for run in runs),
        cpu_ms=median(cpu) if cpu else None,
        cpu_ratio=round(median(cpu_ratios), 3) if cpu_ratios else None,
    )


def _upper_quartile(values: Sequence[float]) -> float:
    return quantiles(values, n=4, method="inclusive")[2] if len(values) > 1 else values[0]


def table(summaries: Sequence[Summary]) -> str:
    """Return the summaries as a table for people."""
    head = (
        f"{'':20}{'conns':>6}{'texts/s':>9}{'x bare':>8}{'(range)':>15}"
        f"{'p50 ms':>9}{'p99 ms':>9}{'x bare':>8}{'cpu ms':>8}{'MB':>6}"
    )
    lines = [head]
    for s in summaries:
        spread = f"{s.lowest_ratio:.2f}-{s.highest_ratio:.2f}"
        cpu = "-" if s.cpu_ms is None else f"{s.cpu_ms:.2f}"
        lines.append(
            f"{s.contestant:20}{s.connections:6}{s.rps:9.0f}{s.throughput_ratio:8.2f}{spread:>15}"
            f"{s.p50_ms:9.1f}{s.p99_ms:9.1f}{s.p99_ratio:8.1f}{cpu:>8}{s.memory_mb:6.0f}"
        )
    return "\n".join(lines)


def write(path: Path, machine: dict[str, object], runs: Sequence[Run]) -> None:
    """Write every run and every summary as JSON."""
    content = {
        "machine": machine,
        "summaries": [asdict(summary) for summary in summarise(runs)],
        "runs": [asdict(run) for run in runs],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


@dataclass(frozen=True)
class Expected:
    """What a watched contestant is known to reach, as medians over rounds."""

    throughput_ratio: float
    cpu_ratio: float


def read_baseline(path: Path = BASELINE) -> dict[str, Expected]:
    """Return what is committed for each contestant that is watched."""
    watched = json.loads(path.read_text(encoding="utf-8"))["watched"]
    return {name: Expected(**ratios) for name, ratios in watched.items()}


def losses(summaries: Sequence[Summary], baseline: dict[str, Expected]) -> list[str]:
    """Return a sentence for each watched contestant that lost too much, or was not measured."""
    seen = {summary.contestant: summary for summary in summaries}
    sentences = []
    for name, expected in baseline.items():
        if name not in seen:
            sentences.append(f"{name} was not measured")
        elif _is_slower(seen[name], expected):
            sentences.append(
                f"{name} takes in {seen[name].throughput_ratio:.2f} times what bare does; it was "
                f"{expected.throughput_ratio:.2f}: something got slower"
            )
    return sentences


def _is_slower(seen: Summary, expected: Expected) -> bool:
    """Whether noise cannot explain what was seen.

    On a shared machine single rounds lie apart by a factor of five. A service that got slower
    needs more processor time as well, or, if it waits more, is slow even in its better rounds.
    """
    least = expected.throughput_ratio * (1 - WORST_LOSS)
    if seen.throughput_ratio >= least:
        return False
    least_cpu = expected.cpu_ratio * (1 - WORST_LOSS)
    busier = seen.cpu_ratio is not None and seen.cpu_ratio < least_cpu
    return busier or seen.better_ratio < least
