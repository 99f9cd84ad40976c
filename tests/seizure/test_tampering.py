"""Whoever writes to the database is noticed where the row is used, whatever column they change.

Generated from the models: every column of every table, those of the machine included, is changed,
exchanged with another row's of the same case and of another, and put back to what it once was; each
row is also given the whole content of another. What the anchor knows is deleted, too. Then the
service is asked as a member, a caller, the carrier or the worker asks it.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from itertools import zip_longest
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Column

from app.api import statistics
from app.clock import FixedClock
from app.models.base import AnyRow
from app.statistics import confirm_release
from tests.seizure.conftest import Seized
from tests.seizure.premises import as_on_the_premises
from tests.seizure.tampering import ASKINGS, TABLES, Answers, Asking, Row, Scene, make_other
from tests.service import Client, served

MODELS = {str(mapper.local_table): mapper.class_ for mapper in AnyRow.registry.mappers}
# Whoever changes these gains what the reason says; all others are tried.
FREE = {
    name: MODELS[name].why_unvouched for name in ("jobs", "carrier_looks", "sent", "reply_counts")
}
# Sessions are PostgreSQL's. No checkpoint is at rest before a year: tests/audit forges those.
ELSEWHERE = {"sessions", "audit_checkpoints"}
TRIED = sorted(set(TABLES) - set(FREE) - ELSEWHERE)
# Those that carry no row MAC, but are refused or marked where they do not verify.
WITHOUT_ROW_MAC = {"audit_entries", "audit_head", "case_epochs", "rosters"}
# What the anchor outside the database knows is never taken out or back unnoticed.
ANCHORED = ("audit_entries", "rosters", "statistics_head", "statistics_releases")
HARMLESS = {
    f"{table}.{column.name}": column.info["harmless"]
    for table in TRIED
    for column in TABLES[table].columns
    if column.info.get("harmless") and not column.info.get("mac")
}
PEOPLE = ("heron", "crane", "finch", "owl")


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory, seized: Seized) -> Iterator[Scene]:
    """A service on a copy of what was seized, with people signed in."""
    with opened(seized, tmp_path_factory.mktemp("tampered")) as made:
        yield made


@contextmanager
def opened(seized: Seized, folder: Path) -> Iterator[Scene]:
    shutil.copytree(seized.data, folder, dirs_exist_ok=True)
    # The service adds what its own clock was moved by.
    moved = timedelta(seconds=seized.dump.rows["deployment"][0]["clock_offset_s"] - 1)
    clock = FixedClock(seized.story.ended_at - moved)
    with as_on_the_premises(), served(folder, None, clock, {}) as house:
        sql = sqlite3.connect(folder / "kith.db", isolation_level=None, timeout=30)
        sql.row_factory = sqlite3.Row
        for pragma in ("foreign_keys = OFF", "ignore_check_constraints = ON", "synchronous = OFF"):
            sql.execute(f"PRAGMA {pragma}")
        made = Scene(house, seized.story, sql)
        _get_ready(made)
        with pytest.MonkeyPatch.context() as patched:
            stand_in = partial(confirm_release, mechanism=made.draw_nothing)
            patched.setattr(statistics, "confirm_release", stand_in)
            yield made
        sql.close()


def _get_ready(scene: Scene) -> None:
    house = scene.house
    house.network.faults("api-429", match="Messages.json", count=1_000_000)
    house.settle()
    for handle in PEOPLE:
        body = {"handle": handle, "passphrase": scene.story.passphrases[handle]}
        answer = house.nobody.post("/v1/sessions", body)
        scene.people[handle] = Client(house.http, answer.json()["token"])
    scene.ids |= {row["handle"]: row["id"] for row in scene.rows("members")}
    scene.earlier = {t: {row["rowid"]: row for row in scene.rows(t)} for t in TRIED}
    _write_anew(scene)
    tell = house.database.on_damage

    def note(rows: Any) -> None:
        tables = {name for name, _ in rows}
        scene.noticed |= tables
        if not tables <= scene.told:  # the service looks through the log whether it told already
            scene.told |= tables
            tell(rows)

    house.database.on_damage = note


def _write_anew(scene: Scene) -> None:
    """Have rows written again, so that there is something to replay."""
    heron, crane = scene.people["heron"], scene.people["crane"]
    path = f"/v1/cases/{scene.story.cases['fr']}"
    seen = heron.get(path).headers["etag"]
    changed = {"urgency": 0, "fields": {"lawyer": "Me Roy"}}
    assert heron.patch(path, changed, version=seen).status_code == 200
    entry = crane.get("/v1/directory").json()["items"][0]
    path = f"/v1/directory/{entry['id']}"
    seen = crane.get(path).headers["etag"]
    assert crane.patch(path, {"notes": "call first"}, version=seen).status_code == 200
    seen = scene.people["finch"].get("/v1/members/me").headers["etag"]
    languages = {"languages": ["en", "fr"]}
    assert scene.people["finch"].patch("/v1/members/me", languages, version=seen).is_success


HARMLESS |= dict.fromkeys(
    ("rosters.signer", "rosters.signature"),
    "the anchor vouches for the newest version, by its hash",
)

# A row that is found by such a column alone is, once this is changed, as good as deleted.
AS_IF_DELETED = {
    "assignments.op_values": "an assignment lasts until the desk or its member ends it",
    "alerts.state": "nobody is paged again for a case, which still waits in the queue",
    "confirmations.state": "a change to a member is asked for anew",
    "conflicts.case_id": "somebody is asked again, who says no again",
    "erasures.number_lookup": "an ERASE begins anew, with the caller's next ERASE",
    "idempotency.key_hash": "a request that came twice is done twice",
    "index_keys.current": "no number is looked up: texts wait for the next look at the carrier",
    "invitations.code_lookup": "an invitation is of no use, and is made anew",
    "members.recovery_wrap": "a lost passphrase needs a new invitation instead of the code",
    "outgoing.id": "a text is not sent, and the desk sees it wait",
    "call_legs.op_values": "a phone that rings is not ended with its call, as below",
    "detention_episodes.op_values": "the desk is not asked to look at a review; the case tells it",
    "erasures.op_values": "an ERASE begins anew, with the caller's next ERASE",
    "events.op_values": "nobody is reminded of a date, which the case still tells",
    "offers.op_values": "an offer is not taken, and the next person is asked",
    "calls.case_id": "a case shows one call less, and still what was recorded in it",
    "call_legs.call_id": "a phone that rings is not ended with its call, but by who holds it",
    "pages.number_lookup": "the answer of a member is not understood, and others are paged",
}


# -- trials


def changes_of(scene: Scene, column: Column[Any], target: Row, rows: list[Row]) -> Iterator[Any]:
    """Yield kind of change, what the target holds then, and the row that it is exchanged with."""
    name = column.name
    earlier = scene.earlier[str(column.table)].get(target["rowid"], target)
    if earlier[name] != target[name]:
        yield "replayed", earlier[name], None
    yield "changed", make_other(column, target[name], [row[name] for row in rows]), None
    others = [row for row in rows if row[name] != target[name]]
    if column.primary_key or not others:
        return
    of_case = "case_id" if "case_id" in target else "rowid"
    for kind, same in (("exchanged in its case", True), ("exchanged with another's", False)):
        other = next((o for o in others if (o[of_case] == target[of_case]) is same), None)
        if other is not None:
            yield kind, other[name], other


@dataclass
class Trial:
    """A row that is changed, and what was answered before anything was."""

    scene: Scene
    table: str
    target: Row
    rows: list[Row]
    before: Answers

    @property
    def asking(self) -> Asking:
        """How the table is asked for."""
        return ASKINGS[self.table]


def begin(scene: Scene, table: str) -> Trial:
    """Choose the row, and ask once while nothing is changed."""
    asking = ASKINGS[table]
    asking.make(scene)
    rows = scene.rows(table)
    target = next(row for row in rows if asking.where(scene, row))
    before: Answers = []
    if not asking.once:
        with scene.watched() as noticed:
            before = asking.ask(scene, target)
        assert not noticed, noticed
        scene.put_back(table, target)
    scene.keep(*asking.keeps)
    return Trial(scene, table, target, rows, before)


def try_columns(trial: Trial) -> list[str]:
    """Return the changes of single columns that went unnoticed."""
    return [
        f"{trial.table}.{column.name} {kind}"
        for column in TABLES[trial.table].columns
        if f"{trial.table}.{column.name}" not in HARMLESS and _holds_something(trial, column)
        for kind, value, other in changes_of(trial.scene, column, trial.target, trial.rows)
        if not _is_as_if_deleted(column, kind)
        and not _is_column_noticed(trial, column, value, other)
    ]


def _holds_something(trial: Trial, column: Column[Any]) -> bool:
    """Values for the machine go when their purpose ends; then nothing reads where they were."""
    of_machine = column.info["vault"] == "operational" or column.name in ("op_version", "shred_day")
    return not of_machine or trial.target.get("op_values", b"") is not None


def _is_as_if_deleted(column: Column[Any], kind: str) -> bool:
    if f"{column.table.name}.op_values" in AS_IF_DELETED and column.info["vault"] == "operational":
        return True  # another's do not open here either
    one_way = kind == "changed" or column.info.get("forgetting")
    return bool(one_way) and f"{column.table.name}.{column.name}" in AS_IF_DELETED


def try_whole_row(trial: Trial) -> list[str]:
    """Return what went unnoticed where the row has the content of another one, under its own id."""
    keys = {column.name for column in TABLES[trial.table].primary_key} | {"rowid"}
    unique = {c.name for c in TABLES[trial.table].columns if c.unique}
    finds = {name.partition(".")[2] for name in AS_IF_DELETED if name.startswith(f"{trial.table}.")}
    others = [
        {name: value for name, value in row.items() if name not in keys | unique}
        for row in trial.rows
        if row["rowid"] != trial.target["rowid"]
        and trial.asking.where(trial.scene, row)
        and all(row[name] == trial.target[name] for name in finds - unique)
    ]
    content = next((row for row in others if not row.items() <= trial.target.items()), None)
    if content is None:
        return []
    write = partial(trial.scene.write, trial.table, trial.target, content)
    also = [{**trial.target, **content}]
    return (
        []
        if _is_noticed(trial, write, also)
        else [f"{trial.table} with the content of another row"]
    )


def _is_column_noticed(trial: Trial, column: Column[Any], value: Any, other: Row | None) -> bool:
    also = [other] if other is not None else []
    if other is None and _leads_somewhere(trial.scene, column, value):
        also = [{**trial.target, column.name: value}]

    def write() -> None:
        _write(trial.scene, column, (trial.target, value), other)

    return _is_noticed(trial, write, also, put_back=[trial.target, *([other] if other else [])])


def _is_noticed(
    trial: Trial,
    write: Callable[[], None],
    also: Sequence[Row] = (),
    put_back: Sequence[Row] | None = None,
) -> bool:
    """Change rows, ask, and put them back. ``also``: other rows that are then asked for."""
    scene, table, target = trial.scene, trial.table, trial.target
    try:
        write()
    except sqlite3.IntegrityError:
        return True  # the database does not take it
    else:
        with scene.watched() as noticed:
            after = trial.asking.ask(scene, target)
            for row in also:
                scene.cases.clear()
                after += trial.asking.ask(scene, row)
                scene.cases.clear()
        left_out = _left_out(trial.asking.shows(scene, target), trial.before, after)
        if scene.drawn:
            scene.drawn = False
            return False
        told = bool(noticed) or _says_damaged(trial.before, after)
        return told or _refused(trial.before, after) or left_out
    finally:
        for row in put_back or [target]:
            scene.put_back(table, row)
        scene.take_back()


def _says_damaged(before: Answers, after: Answers) -> bool:
    """Return whether an answer says that something is damaged, and did not before."""
    said = '"damaged":true'
    return any(said in text for _, text in after) and not any(said in text for _, text in before)


def _write(scene: Scene, column: Column[Any], wanted: tuple[Row, Any], other: Row | None) -> None:
    table, name, (target, value) = column.table.name, column.name, wanted
    if other is not None:  # by way of a third value, where it is unique
        between = make_other(column, None, []) if column.unique else value
        scene.write(table, other, {name: between})
    scene.write(table, target, {name: value})
    if other is not None:
        scene.write(table, other, {name: target[name]})


def _refused(before: Answers, after: Answers) -> bool:
    """Return whether somebody was refused who was not before."""
    return any(
        status >= 400 and (not then or status != then[0])
        for (status, _), then in zip_longest(after, before)
    )


def _leads_somewhere(scene: Scene, column: Column[Any], value: Any) -> bool:
    """Return whether a row belongs to another one now, where it could turn up."""
    to = next((key.column for key in column.foreign_keys), None)
    return to is not None and bool(scene.find(str(to.table), **{to.name: value}))


def _left_out(shown: str, before: Answers, after: Answers) -> bool:
    """Return whether the row was told of before, and is no longer."""
    return any(shown in text for _, text in before) and not any(shown in t for _, t in after)


@pytest.mark.parametrize("seized", ["sqlite"], indirect=True)
@pytest.mark.parametrize("table", sorted(ASKINGS))
def test_a_change_is_noticed_where_the_row_is_used(scene: Scene, table: str) -> None:
    trial = begin(scene, table)
    assert try_columns(trial) + try_whole_row(trial) == []
    if table not in WITHOUT_ROW_MAC:
        assert scene.find("audit_entries", kind=f"damaged.{table}")


@pytest.mark.parametrize("seized", ["sqlite"], indirect=True)
@pytest.mark.parametrize("table", ANCHORED)
def test_what_the_anchor_knows_is_not_taken_out(scene: Scene, table: str) -> None:
    """Everywhere else rows can be deleted: the promise says so."""
    trial = begin(scene, table)
    assert _is_noticed(trial, lambda: scene.delete(table, trial.target))


def test_every_table_is_tried() -> None:
    assert sorted(ASKINGS) == TRIED


def test_what_may_be_changed_has_its_reason() -> None:
    exceptions: Mapping[str, str] = {**FREE, **HARMLESS, **AS_IF_DELETED}
    assert len(exceptions) <= 30
    assert all(len(reason.split()) >= 4 for reason in exceptions.values()), exceptions
