from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from app.errors import BadRequest
from app.members.profiles import change_profile, clean_profile
from app.models import Member, MemberProfile
from tests.premises import Premises


def clean(premises: Premises, before: MemberProfile | None = None, **given: Any) -> MemberProfile:
    with premises.reading() as db:
        return clean_profile(db, MemberProfile(**given), before)


@pytest.mark.parametrize(
    "odd",
    [
        {"phone": "514 555 0123"},
        {"phone": "my phone"},
        {"phone": "+1514\x005550123"},
        {"languages": ("klingon",)},
        {"languages": ("en", "")},
        {"regions": ("atlantis",)},
        {"quiet_hours": ("sometimes",)},
    ],
)
def test_a_profile_that_cannot_be_is_refused(
    shared_premises: Premises, odd: dict[str, Any]
) -> None:
    with pytest.raises(BadRequest):
        clean(shared_premises, **odd)


def test_a_profile_is_kept_as_its_lists_write_it(shared_premises: Premises) -> None:
    kept = clean(
        shared_premises,
        phone="+1 (514) 555-0166",
        languages=("PT-br", "fr", "fr"),
        regions=(" Laval ",),
        quiet_hours=("22h-7h",),
    )
    assert kept == MemberProfile(
        phone="+15145550166",
        languages=("pt-BR", "fr"),
        regions=("laval",),
        quiet_hours=("22:00-07:00",),
    )


def test_an_empty_phone_is_none(shared_premises: Premises) -> None:
    before = MemberProfile(phone="+15145550166")
    assert clean(shared_premises, before, phone="").phone is None


def test_a_region_that_has_left_the_list_since_stays(shared_premises: Premises) -> None:
    before = MemberProfile(regions=("atlantis",))
    assert clean(shared_premises, before, name="F.", regions=("atlantis",)).name == "F."


def test_only_what_differs_is_a_change(premises: Premises) -> None:
    with premises.writing() as db:
        finch = db.get_one(Member, premises.id("finch"))
        version, known = finch.version, db.keys.read_values(finch)
        assert not change_profile(db, finch, lambda same: same)
        assert not change_profile(db, finch, partial(replace, regions=list(known.regions)))
        assert finch.version == version
        assert change_profile(db, finch, partial(replace, name="F.", languages=["ta"]))
        assert finch.version == version + 1
        assert db.keys.read_values(finch) == replace(known, name="F.", languages=("ta",))
