"""The roster: what stands in it counts, whatever the rows of the database say."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from app.access import ARCHIVE, DESK
from app.crypto import KeyFiles, OperationalKeys, SealBroken, TeamKeys, new_seed
from app.members import remove_member
from app.models import Deployment, OperationalGrant, RosterVersion, TeamWrap
from app.vault import Roster, RosterMember, RosterRefused, Team, open_keyring, read_roster
from app.vault.operational_key import find_operational_seed
from app.vault.roster import OperationalKeyReplaced, publish_roster
from app.vault.roster_document import parse_roster
from app.vault.team_keys import open_team_keys, share_team
from tests.line import Line
from tests.premises import Premises
from tests.service import House

WREN, CRANE = UUID(int=1), UUID(int=2)


def line_of(member_id: UUID, *roles: str, since: int = 1) -> RosterMember:
    return RosterMember(member_id, roles, False, b"kem", b"sig", since)


def small_roster(*members: RosterMember, removed: tuple[UUID, ...] = ()) -> Roster:
    return Roster(1, "", members, {DESK: Team({1: b"one", 2: b"two"})}, b"op", removed)


# -- the document


def test_a_document_says_all_that_it_was_made_of() -> None:
    roster = small_roster(line_of(WREN, "coordinator"), removed=(CRANE,))
    assert parse_roster(roster.document) == roster
    assert (roster.teams[DESK].epoch, roster.teams[DESK].public) == (2, b"two")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda content: content["members"].append({**content["members"][0], "roles": ["legal"]}),
        lambda content: content["removed"].append(str(WREN)),
        lambda content: content["removed"].extend([str(CRANE), str(CRANE)]),
        lambda content: content["members"][0].update(roles=["legal", "coordinator"]),
    ],
    ids=["twice", "removed too", "removed twice", "not as it is written"],
)
def test_a_document_that_can_be_read_in_two_ways_is_refused(
    spoil: Callable[[dict[str, Any]], None],
) -> None:
    content = json.loads(small_roster(line_of(WREN, "coordinator", "legal")).document)
    spoil(content)
    with pytest.raises(RosterRefused):
        parse_roster(json.dumps(content, sort_keys=True, separators=(",", ":")).encode())


def test_a_line_says_since_when_it_holds() -> None:
    before = small_roster(line_of(WREN, "coordinator"), line_of(CRANE, "legal"))
    crane = replace(before.by_id[CRANE], roles=("dispatcher",))
    after = before.follow(replace(before, members=(before.by_id[WREN], crane)))
    assert (after.by_id[WREN].since, after.by_id[CRANE].since) == (1, 2)


def test_nobody_signs_a_roster_with_a_member_twice(premises: Premises) -> None:
    with premises.writing() as db:
        before = read_roster(db)
        twice = (*before.members, replace(before.members[0], roles=("coordinator",)))
        with pytest.raises(RosterRefused):
            publish_roster(db, premises.principal("crane"), replace(before, members=twice))


def test_a_version_that_is_no_document_is_refused_like_any_other(premises: Premises) -> None:
    with premises.reading() as db:
        next_one = read_roster(db).version + 1
    version = RosterVersion(
        version=next_one, document=b"{", signer=premises.id("crane"), signature=b"x"
    )
    with premises.writing() as db:
        db.add(version)
    with premises.reading() as db, pytest.raises(RosterRefused):
        read_roster(db)


# -- the operational key


def test_another_operational_key_does_not_start_a_server_whose_rows_all_verify(
    premises: Premises,
) -> None:
    mine = OperationalKeys(new_seed())
    with premises.writing() as db:
        db.scalars(select(Deployment)).one().operational_public = mine.pair.public
    assert premises.database.keys
    folder = premises.database.keys.files.folder
    (folder / "operational.key").unlink()  # else that key already says so
    with pytest.raises(OperationalKeyReplaced):
        open_keyring(premises.database, KeyFiles(folder))


# -- the teams' keys


def test_a_team_seed_that_the_roster_does_not_name_is_refused(house: House) -> None:
    """Also where the wrap is one that this server could have made."""
    heron, now = house.residents["heron"].id, house.clock()
    with house.database.transaction() as db:
        for wrap in db.scalars(select(TeamWrap).where(TeamWrap.member_id == heron)):
            db.delete(wrap)
        db.flush()
        share_team(db, DESK, 1, TeamKeys(new_seed()), [heron], now)
    with house.database.snapshot() as db, pytest.raises(SealBroken):
        open_team_keys(db, house.principal("heron"), DESK, 1)


def leave(premises: Premises, *handles: str) -> None:
    """Remove members: the teams they were in get a new key."""
    for handle in handles:
        with premises.writing() as db:
            crane, leaving = premises.principal("crane"), premises.id(handle)
            remove_member(db, premises.sessions, crane, leaving, handle, premises.now)


def epochs(premises: Premises, team: str = DESK) -> set[int]:
    with premises.reading() as db:
        return set(read_roster(db).teams[team].publics)


def held_epochs(premises: Premises, handle: str) -> set[int]:
    with premises.reading() as db:
        of = (TeamWrap.member_id == premises.id(handle), TeamWrap.team == DESK)
        return set(db.scalars(select(TeamWrap.epoch).where(*of)))


def test_the_roster_holds_every_epoch_that_a_case_uses(line: Line) -> None:
    case = line.open_case("hello", "1", "they took my brother")
    leave(line, "plover", "wren")
    assert epochs(line) == {1, 2, 3}
    assert "they took my brother" in line.inbound(case.id)


def test_an_epoch_leaves_the_roster_with_its_seeds_once_nothing_uses_it(line: Line) -> None:
    leave(line, "plover")
    assert epochs(line) == {1, 2}, "a text that comes in at this moment may still use it"
    leave(line, "wren")
    assert epochs(line) == {2, 3}
    assert held_epochs(line, "heron") == {2, 3}
    assert epochs(line, ARCHIVE) == {1, 2}


def test_the_operational_seed_lies_under_the_newest_epoch_alone(premises: Premises) -> None:
    leave(premises, "plover")
    with premises.reading() as db:
        grants = db.scalars(select(OperationalGrant).where(OperationalGrant.team == DESK)).all()
        assert [grant.team_epoch for grant in grants] == [2]
        assert find_operational_seed(db, premises.principal("heron")) is not None


def test_who_leaves_while_the_server_is_sealed_locks_nobody_out(premises: Premises) -> None:
    assert premises.database.keys
    premises.database.keys.seal()
    leave(premises, "plover")
    with premises.reading() as db:
        assert find_operational_seed(db, premises.principal("heron")) is not None
