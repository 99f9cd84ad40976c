"""What the operational vault holds, as the classes of its values say."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from app.models import list_operational_values, operational
from app.models.inventory import _list_names
from migrations.write_inventory import LISTS, read_list


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
    assert {"number", "reach.hours.windows", "opened_at"} <= set(found["cases"])
    assert found["statistics_months"] == ("opened", "closed", "denials")


@pytest.mark.parametrize("name", LISTS)
def test_the_threat_model_says_what_the_models_say(name: str) -> None:
    assert read_list(name) == LISTS[name](), "run `python -m migrations.write_inventory`"


def test_what_can_be_forged_is_little_and_each_has_its_reason() -> None:
    *lines, lasting = LISTS["forgeable"]().splitlines()
    assert len(lines) <= 30
    assert all(len(line.partition(": ")[2]) > 10 for line in lines)
    assert "`consents`" not in lasting  # their keys lie under the layer: a week, and no more
