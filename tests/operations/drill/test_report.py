"""The report as the operator reads it, and the promise it compares with."""

from __future__ import annotations

import json
from typing import Any

import pytest

from app.operations.drill.checks import FAILURE, WARNING, DrillFinding
from app.operations.drill.inventory import list_columns
from app.operations.drill.promise import DrilledInstallation, state_promise
from app.operations.drill.report import DrillReport, write_report_json, write_report_text

HERE = DrilledInstallation("production", "sqlite", "unseal", 3, 4, 2, require_mfa=True)


def report(*findings: DrillFinding) -> DrillReport:
    return DrillReport(
        installation=HERE,
        promise=state_promise(HERE),
        inventory=tuple(list_columns()),
        keys=("audit.key",),
        opened={("cases", "op_values", "operational.key"): 3},
        closed={("messages", "body"): 5},
        searched=("/data/kith.log",),
        findings=findings,
    )


@pytest.mark.parametrize(
    ("level", "end"), [(None, "As promised."), (WARNING, "As promised."), (FAILURE, "PROMISED.")]
)
def test_the_report_ends_with_what_it_comes_to(level: str | None, end: str) -> None:
    findings = [DrillFinding(level, "it is open", "close it")] if level else []
    made = report(*findings)
    assert write_report_text(made).endswith(end)
    assert made.as_promised == (level != FAILURE)


def test_it_names_keys_and_counts() -> None:
    text = write_report_text(report())
    assert "     3 × cases.op_values with operational.key" in text
    assert "     5 values stay closed" in text
    assert "op_values (reference, channel" in text


def test_a_program_reads_the_same() -> None:
    plain: dict[str, Any] = json.loads(json.dumps(write_report_json(report())))
    assert plain["as_promised"] is True
    assert plain["opened"] == [
        {"table": "cases", "column": "op_values", "by": "operational.key", "values": 3}
    ]
    assert plain["closed"] == [{"table": "messages", "column": "body", "values": 5}]


@pytest.mark.parametrize(
    ("mode", "begins"), [("file", "the numbers of callers"), ("unseal", "counts and times")]
)
def test_the_promise_follows_the_mode(mode: str, begins: str) -> None:
    here = DrilledInstallation("production", "sqlite", mode, 0, 1, 0, require_mfa=True)
    [disk] = [row.learns for row in state_promise(here) if "disk" in row.having]
    assert disk.startswith(begins)
