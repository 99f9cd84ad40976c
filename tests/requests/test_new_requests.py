"""Who may be asked for at all, and for whom two are."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from app.errors import ConsentMissing
from app.models import Request
from tests.requests.deeds import bare, say
from tests.requests.hall import Hall
from tests.requests.people import a_case, raised


@pytest.mark.parametrize(("kind", "other"), [("accompaniment", "legal"), ("legal", "accompanier")])
def test_nobody_is_asked_without_the_callers_consent(hall: Hall, kind: str, other: str) -> None:
    case = a_case(hall, scopes=(other, "contact", "family"))
    with pytest.raises(ConsentMissing):
        raised(hall, case, kind)


def test_an_override_with_its_reason_counts_and_the_newest_word_decides(hall: Hall) -> None:
    case = a_case(hall, scopes=("accompanier",))
    say(hall, case, "accompanier", granted=False)
    with pytest.raises(ConsentMissing):
        raised(hall, case)
    say(hall, case, "accompanier", granted=False, why="cannot be asked, removal tonight")
    assert hall.now(raised(hall, case)).state == "offered"


def test_the_machine_asks_nobody_without_consent(hall: Hall) -> None:
    assert bare(hall, a_case(hall, scopes=())) is None


def test_both_who_go_with_a_minor_are_found_and_are_two_people(hall: Hall) -> None:
    hall.newcomers({"siskin": None, "linnet": None}, "accompanier")
    hall.profiles({name: {"vetted_on": date(2025, 12, 1)} for name in ("finch", "siskin")})
    first = raised(hall, minor=True)
    with hall.database.snapshot() as db:
        [second] = db.scalars(select(Request).where(Request.id != first.id))
    asked = [hall.asked(first), hall.asked(second)]
    assert asked in ([{"finch"}, {"siskin"}], [{"siskin"}, {"finch"}])
    [one], [other] = asked
    hall.accept(one, first)
    hall.accept(other, second)
