"""The seized story is complete: what is proved of its rows is proved of every table."""

from __future__ import annotations

from collections.abc import Mapping

from tests.seizure.conftest import UNSEALED, Seized

CANNOT_BE_AT_REST: Mapping[tuple[str, str], str] = {
    ("sqlite", "pending_keywords"): "only a sealed server leaves a STOP for later",
    ("sqlite", "audit_checkpoints"): "the log goes behind one when its entries are a year old",
    (UNSEALED, "audit_checkpoints"): "the log goes behind one when its entries are a year old",
    (UNSEALED, "sessions"): "one process keeps its sessions in memory",
}


def test_no_table_is_empty(seized: Seized) -> None:
    empty = {(seized.kind, table) for table, rows in seized.dump.rows.items() if not rows}
    assert empty <= set(CANNOT_BE_AT_REST), empty
