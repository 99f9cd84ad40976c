"""The drill looks at the roster and the rows above to see what a row hangs on."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest
from sqlalchemy import insert, select, update

from app.models import PARENTS, Base, Brief, Request, TeamWrap, table
from app.operations.drill.row_checks import check_relations
from tests.requests.people import a_case, ask, with_phones
from tests.service import House


def find_moved(house: House) -> list[str]:
    with house.database.engine.connect() as connection:
        return [finding.what for finding in check_relations(connection)]


@pytest.mark.parametrize("name", sorted(PARENTS))
def test_the_parents_are_vouched_columns(name: str) -> None:
    """So no row is hung on something else without its MAC telling."""
    columns = Base.metadata.tables[name].c
    assert all(not columns[parent].info["harmless"] for parent in PARENTS[name])


def test_rows_as_they_are_hang_on_what_the_others_say(house: House) -> None:
    with_phones(house, "finch")
    ask(house, a_case(house))
    assert find_moved(house) == []


def test_a_brief_that_names_another_case_than_its_request_is_found(house: House) -> None:
    with_phones(house, "finch")
    ask(house, a_case(house))
    other = UUID(a_case(house, number="+15145550188"))
    briefs = table(Brief)
    with house.database.engine.begin() as connection:
        assert connection.execute(select(table(Request).c.id)).first()
        connection.execute(update(briefs).values(case_id=other))
    assert any("of briefs hang on" in what for what in find_moved(house))


def test_a_wrap_of_an_epoch_that_the_roster_does_not_name_is_found(house: House) -> None:
    wraps = table(TeamWrap)
    with house.database.engine.begin() as connection:
        row = dict(connection.execute(select(wraps).limit(1)).mappings().one())
        connection.execute(insert(wraps).values({**row, "id": uuid4(), "epoch": 99}))
    assert any("of team_wraps hang on" in what for what in find_moved(house))
