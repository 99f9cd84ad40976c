from __future__ import annotations

from typing import Any

import pytest

from app.errors import BadRequest
from app.intake.script import SITUATIONS as OF_THE_SCRIPT
from app.models import OrganisationSettings
from app.organisation.codes import LANGUAGES, OUTCOMES, SITUATIONS, check_codes, check_fields
from app.reports.sentences import LABELS

SETTINGS = OrganisationSettings(regions=("laval", "other"), fields=("lawyer",))


def test_a_case_has_the_situations_that_the_script_offers() -> None:
    assert tuple(SITUATIONS) == OF_THE_SCRIPT


def test_statistics_have_words_for_every_code() -> None:
    assert {*SITUATIONS, *OUTCOMES, *LANGUAGES} <= set(LABELS)


def test_a_code_of_its_list_is_accepted() -> None:
    check_codes(SETTINGS, situation="detained", urgency=3, region="laval", language="pt-BR")


@pytest.mark.parametrize(
    "wrong",
    [{"situation": "lost"}, {"urgency": 4}, {"region": "montreal"}, {"language": "klingon"}],
)
def test_a_code_of_no_list_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(BadRequest):
        check_codes(SETTINGS, **wrong)


def test_a_sheet_holds_the_organisations_fields_and_the_answers_of_the_script() -> None:
    check_fields(SETTINGS, {"lawyer": "x" * 4000, "city_text": None})


@pytest.mark.parametrize("wrong", [{"held_at": "Laval"}, {"lawyer": "x" * 4001}])
def test_a_sheet_holds_nothing_else(wrong: dict[str, str]) -> None:
    with pytest.raises(BadRequest):
        check_fields(SETTINGS, wrong)
