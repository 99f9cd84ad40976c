"""What the benchmark concludes from its runs."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from bench.measure import Run
from bench.report import losses, read_baseline, summarise, table, write

BARE = Run("bare", 0, 16, 4000, 1000.0, 5.0, 10.0, 36.0, 0.5)
KITH = replace(BARE, contestant="kith-sqlite", rps=600.0, p99_ms=40.0)


def test_a_run_is_divided_by_the_yardstick_of_its_own_round() -> None:
    calm = [BARE, KITH]
    noisy = [replace(BARE, round=1, rps=100.0), replace(KITH, round=1, rps=60.0)]
    kith = summarise(calm + noisy)[1]
    assert (kith.throughput_ratio, kith.lowest_ratio, kith.highest_ratio) == (0.6, 0.6, 0.6)
    assert kith.p99_ratio == 4.0


def test_one_bad_round_in_five_changes_nothing() -> None:
    runs = [replace(run, round=turn) for turn in range(5) for run in (BARE, KITH)]
    runs[-1] = replace(runs[-1], rps=10.0)
    assert losses(summarise(runs), {"kith-sqlite": 0.6}) == []


def test_more_than_a_quarter_lost_is_told() -> None:
    summaries = summarise([BARE, KITH])
    assert losses(summaries, {"kith-sqlite": 0.79}) == []
    [sentence] = losses(summaries, {"kith-sqlite": 0.81})
    assert sentence.startswith("kith-sqlite takes in 0.60 times")


def test_who_was_not_measured_is_told() -> None:
    assert losses([], {"kith-sqlite": 0.5}) == ["kith-sqlite was not measured"]


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
