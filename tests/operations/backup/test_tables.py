"""Which tables an archive holds."""

from __future__ import annotations

from typing import Any

import pytest

from app.models import Base
from app.operations.backup.tables import list_portable_tables
from app.operations.backup.values import find_kind


@pytest.mark.parametrize("table", list(list_portable_tables()), ids=lambda table: table.name)
def test_archives_can_hold_every_column(table: Any) -> None:
    assert all(find_kind(column) for column in table.columns)


def test_only_sessions_stay_behind() -> None:
    held = {table.name for table in list_portable_tables()}
    assert Base.metadata.tables.keys() - held == {"sessions"}
