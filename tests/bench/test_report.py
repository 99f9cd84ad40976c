"""What the benchmark concludes from its runs."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from bench.measure import Run
from bench.report import Expected, losses, read_baseline, summarise, table, write

BARE = Run("bare", 0, 16, 4000, 1000.0, 5.0, 10.0, 36.0, 0.5)
KITH = replace(BARE, contestant="kith-sqlite", rps=600.0, p99_ms=40.0, cpu_ms=1.0)


def test_a_run_is_divided_by_the_yardstick_of_its_own_round() -> None:
    calm = [BARE, KITH]
    noisy = [replace(BARE, round=1, rps=100.0), replace(KITH, round=1, rps=60.0)]
    kith = summarise(calm + noisy)[1]
    assert (kith.throughput_ratio, kith.lowest_ratio, kith.highest_ratio) == (0.6, 0.6, 0.6)
    assert kith.p99_ratio == 4.0


def rounds(*ratios: float, cpu_ms: float = 1.0) -> list[Run]:
    return [
        replace(run, round=turn)
        for turn, ratio in enumerate(ratios)
        for run in (BARE, replace(KITH, rps=1000.0 * ratio, cpu_ms=cpu_ms))
    ]


EXPECTED = {"kith-sqlite": Expected(throughput_ratio=0.6, cpu_ratio=0.5)}


def test_up_to_a_quarter_less_is_no_loss() -> None:
    assert losses(summarise(rounds(0.46, 0.46, 0.46, cpu_ms=1.3)), EXPECTED) == []


def test_a_service_that_needs_more_processor_time_is_told() -> None:
    [sentence] = losses(summarise(rounds(0.4, 0.4, 0.6, 0.2, 0.6, cpu_ms=1.5)), EXPECTED)
    assert sentence.startswith("kith-sqlite takes in 0.40 times")


def test_a_service_that_waits_more_is_told() -> None:
    assert losses(summarise(rounds(0.4, 0.41, 0.42, 0.4, 0.4)), EXPECTED) != []


def test_noise_is_no_loss() -> None:
    assert losses(summarise(rounds(0.1, 0.4, 0.5, 0.2, 0.6)), EXPECTED) == []


def test_who_was_not_measured_is_told() -> None:
    assert losses([], EXPECTED) == ["kith-sqlite was not measured"]


def test_the_committed_baseline_watches_the_service_on_both_databases() -> None:
    assert set(read_baseline()) == {"kith-sqlite", "kith-postgresql"}


def test_numbers_of_connections_are_kept_apart() -> None:
    crowded = [replace(run, connections=256, rps=run.rps / 2) for run in (BARE, KITH)]
    summaries = summarise([*crowded, BARE, KITH])
    assert [(s.contestant, s.connections) for s in summaries] == [
        ("bare", 16),
        ("kith-sqlite", 16),
        ("bare", 256),
        ("kith-sqlite", 256),
    ]


def test_a_result_can_be_read_by_people_and_programs(tmp_path: Path) -> None:
    file = tmp_path / "new" / "result.json"
    write(file, {"cores": 2}, [BARE, replace(KITH, cpu_ms=None)])
    assert json.loads(file.read_text())["summaries"][1]["throughput_ratio"] == 0.6
    assert "kith-sqlite" in table(summarise([BARE, replace(KITH, cpu_ms=None)]))
