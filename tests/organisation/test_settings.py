from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from app.errors import BadRequest, Forbidden, StaleVersion
from app.models import OrganisationSettings
from app.organisation.settings import (
    change_settings,
    check_settings,
    find_zone,
    read_regions,
    read_settings,
    read_settings_version,
)
from tests.premises import ZONE, Premises


def change(premises: Premises, version: int = 1, **changes: Any) -> OrganisationSettings:
    with premises.writing() as db:
        crane = premises.principal("crane")
        return change_settings(db, crane, version, partial(replace, **changes), premises.now)


@pytest.mark.parametrize(
    "changes",
    [
        {"regions": ()},
        {"regions": ("montreal",)},
        {"fields": ("lawyer", "status")},
        {"fields": ("immigration_status",)},
        {"fields": ("Nationalite",)},
    ],
)
def test_settings_that_cannot_be_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(BadRequest):
        check_settings(OrganisationSettings(**changes))


def test_the_settings_of_a_new_organisation_are_fine() -> None:
    check_settings(OrganisationSettings())


def test_a_change_replaces_what_it_names_and_keeps_the_rest(premises: Premises) -> None:
    regions = ("sherbrooke", "other")
    changed = change(premises, regions=regions, zones={"sherbrooke": "America/Halifax"})
    with premises.reading() as db:
        assert (
            read_settings(db)
            == changed
            == replace(
                OrganisationSettings(), regions=regions, zones={"sherbrooke": "America/Halifax"}
            )
        )
        assert read_settings_version(db) == 2
        assert read_regions(db) == regions
    assert premises.log()[-1] == "settings.changed"


def test_of_two_who_read_the_same_version_only_the_first_changes_it(premises: Premises) -> None:
    change(premises, name="A")
    with pytest.raises(StaleVersion):
        change(premises, name="B")


def test_a_refused_change_changes_nothing(premises: Premises) -> None:
    with pytest.raises(BadRequest):
        change(premises, regions=("montreal",))
    with premises.reading() as db:
        assert read_settings_version(db) == 1


def test_only_coordinators_change_them(premises: Premises) -> None:
    with premises.writing() as db, pytest.raises(Forbidden):
        change_settings(db, premises.principal("heron"), 1, lambda settings: settings, premises.now)


def test_a_region_has_its_own_clock_or_the_organisations(premises: Premises) -> None:
    with premises.reading() as db:
        assert find_zone(db, "vancouver") == ZoneInfo("America/Vancouver")
        assert find_zone(db, "laval") == find_zone(db, None) == ZONE
