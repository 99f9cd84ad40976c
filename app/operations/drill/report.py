"""The drill's report, for a person and for a program."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from itertools import groupby
from textwrap import fill
from typing import Any

from app.operations.drill.checks import FAILURE, DrillFinding
from app.operations.drill.inventory import VaultColumn
from app.operations.drill.promise import DrilledInstallation, Promise

_WIDTH = 96


@dataclass(frozen=True)
class DrillReport:
    """What the drill found. It holds no key and no opened value.

    ``keys``: where keys were found. ``opened``: how many values opened, by table, column and where
    the key was. ``closed``: how many did not, by table and column. ``searched``: files.
    """

    installation: DrilledInstallation
    promise: tuple[Promise, ...]
    inventory: tuple[VaultColumn, ...]
    keys: tuple[str, ...]
    opened: Mapping[tuple[str, str, str], int]
    closed: Mapping[tuple[str, str], int]
    searched: tuple[str, ...]
    findings: tuple[DrillFinding, ...]

    @property
    def as_promised(self) -> bool:
        """Whether nothing is worse than the promise."""
        return not any(finding.level == FAILURE for finding in self.findings)


def write_report_json(report: DrillReport) -> dict[str, Any]:
    """Return the whole report as plain data."""
    return {
        "as_promised": report.as_promised,
        "installation": asdict(report.installation),
        "promise": [asdict(row) for row in report.promise],
        "inventory": [asdict(column) for column in report.inventory],
        "keys_found": list(report.keys),
        "opened": [
            {"table": table, "column": column, "by": by, "values": count}
            for (table, column, by), count in sorted(report.opened.items())
        ],
        "closed": [
            {"table": table, "column": column, "values": count}
            for (table, column), count in sorted(report.closed.items())
        ],
        "searched": list(report.searched),
        "findings": [asdict(finding) for finding in report.findings],
    }


def write_report_text(report: DrillReport) -> str:
    """Return the report as an operator reads it."""
    sections = {
        "What we promise, for this installation": _promise(report),
        "What is stored (sealed: people only; operational: the machine; plain: everybody)": (
            _inventory(report)
        ),
        "Keys found on this machine": (f"  {name}" for name in report.keys or ("none",)),
        "What opens with them": _opened(report),
        "Compared with the promise": _findings(report),
    }
    return "\n\n".join(f"{title}\n" + "\n".join(lines) for title, lines in sections.items())


def _promise(report: DrillReport) -> Iterator[str]:
    for row in report.promise:
        yield _wrapped(f"Who has {row.having} learns: {row.learns}.")


def _inventory(report: DrillReport) -> Iterator[str]:
    for table, columns in groupby(report.inventory, lambda column: column.table):
        words: dict[str, list[str]] = {"sealed": [], "operational": [], "plain": []}
        for column in columns:
            values = f" ({', '.join(column.values)})" if column.values else ""
            words[column.word].append(column.column + values)
        yield f"  {table}"
        for word, names in words.items():
            if names:
                yield _wrapped(f"{word}: {', '.join(names)}", indent=4)


def _opened(report: DrillReport) -> Iterator[str]:
    for (table, column, by), count in sorted(report.opened.items()):
        yield f"  {count:6} × {table}.{column} with {by}"
    yield f"  {sum(report.closed.values()):6} values stay closed"


def _findings(report: DrillReport) -> Iterator[str]:
    for finding in report.findings:
        yield _wrapped(f"{finding.level.upper()}: {finding.what} - {finding.advice}.")
    yield "  As promised." if report.as_promised else "  WORSE THAN PROMISED."


def _wrapped(text: str, indent: int = 2) -> str:
    margin = " " * indent
    return fill(text, _WIDTH, initial_indent=margin, subsequent_indent=margin + "  ")
