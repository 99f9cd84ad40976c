"""What the operational vault holds, as the classes of its values say."""

from __future__ import annotations

from dataclasses import dataclass

from app.models import list_operational_values, operational
from app.models.inventory import _list_names


@operational
class Inner:
    """Something inside."""

    hours: tuple[str, ...] = ()


@dataclass(frozen=True)
class Outer:
    name: str
    one: Inner | None = None
    many: tuple[Inner, ...] = ()


def test_the_names_inside_other_values_stand_after_theirs() -> None:
    assert list(_list_names(Outer)) == ["name", "one.hours", "many.hours"]


def test_each_table_names_its_values() -> None:
    found = list_operational_values()
    assert {"number", "reach.hours", "opened_at"} <= set(found["cases"])
    assert found["statistics_months"] == ("opened", "closed")
