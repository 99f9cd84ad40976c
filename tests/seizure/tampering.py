"""Changes that somebody makes to a database they can write to, and how each table is asked for.

A scene is one running service on a copy of the seized database. Its rows are changed with plain
SQL, and put back after each trial.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
from sqlalchemy import JSON, Boolean, Column, Date, Float, Integer, LargeBinary, Table, Uuid

from app.errors import NotReleasable
from app.main import make_carrier
from app.models import Base
from app.models.base import Instant, State
from app.outbox.copy_deletion import delete_copies
from app.store import RowDamaged
from tests.seizure.story import Story
from tests.service import Client, House

TABLES: Mapping[str, Table] = Base.metadata.tables
Row = dict[str, Any]
Answers = list[tuple[int, str]]


def _told(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.text


@dataclass
class Scene:
    """A running service, its database as an attacker holds it, and people with sessions."""

    house: House
    story: Story
    sql: sqlite3.Connection
    people: dict[str, Client] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)
    noticed: set[str] = field(default_factory=set)
    # Of which tables coordinators were told that they are damaged.
    told: set[str] = field(default_factory=set)
    # Whether statistics were drawn; what was noticed before that does not count.
    drawn: bool = False
    jobs: list[Row] = field(default_factory=list)
    cases: dict[str, Row] = field(default_factory=dict)
    # All rows of tables that are taken back whole, for the service writes to them as it tells.
    kept: dict[str, list[Row]] = field(default_factory=dict)
    # Rows as they were before they were last written, by table and ``rowid``.
    earlier: dict[str, dict[int, Row]] = field(default_factory=dict)

    def get(self, handle: str, path: str, **options: Any) -> Answers:
        """What a member is answered: status and text."""
        return [_told(self.people[handle].get(path, **options))]

    def rows(self, table: str) -> list[Row]:
        """All rows of a table as SQLite holds them, with their ``rowid``."""
        found = self.sql.execute(f'SELECT rowid AS "rowid", * FROM "{table}"')
        return [dict(row) for row in found]

    def find(self, table: str, **where: Any) -> list[Row]:
        """The rows with these values."""
        return [r for r in self.rows(table) if all(r[n] == v for n, v in where.items())]

    def write(self, table: str, row: Row, values: Mapping[str, Any]) -> None:
        """Change a row, as somebody does who has the database and no key."""
        names = ", ".join(f'"{name}" = ?' for name in values)
        change = f'UPDATE "{table}" SET {names} WHERE rowid = ?'
        self.sql.execute(change, (*values.values(), row["rowid"]))

    def put_back(self, table: str, row: Row) -> None:
        """Let a row be again as it was, whatever became of it."""
        names, holes = ", ".join(f'"{name}"' for name in row), ", ".join("?" * len(row))
        restore = f'INSERT OR REPLACE INTO "{table}" ({names}) VALUES ({holes})'
        self.sql.execute(restore, tuple(row.values()))

    def delete(self, table: str, row: Row) -> None:
        """Take a row out."""
        self.sql.execute(f'DELETE FROM "{table}" WHERE rowid = ?', (row["rowid"],))

    def keep(self, *tables: str) -> None:
        """Keep all rows of some tables, for ``take_back``."""
        self.kept = {table: self.rows(table) for table in tables}

    def take_back(self) -> None:
        """Let the kept tables be as they were, without what the service added to them."""
        for table, rows in self.kept.items():
            self.sql.execute(f'DELETE FROM "{table}"')
            for row in rows:
                self.put_back(table, row)

    def requests_of(self, handle: str) -> set[str]:
        """The requests that somebody has taken."""
        return {r["request_id"] for r in self.find("assignments", member_id=self.ids[handle])}

    @property
    def open_case(self) -> Row:
        """A case that the desk reads."""
        [case] = self.find("cases", id=UUID(self.story.cases["fr"]).hex)
        return case

    def desk(self, case_id: str) -> tuple[Client, str]:
        """Who reads a case, and its address."""
        if case_id not in self.cases:
            self.cases |= {case["id"]: case for case in self.rows("cases")}
        case = self.cases[case_id]
        if case["merged_into"]:
            return self.desk(case["merged_into"])
        who = "crane" if case["state"] == "closed" else "heron"
        return self.people[who], f"/v1/cases/{UUID(case_id)}"

    @contextmanager
    def draw_nothing(self) -> Iterator[Callable[[Any], Any]]:
        """Stand in for the process that draws, which takes a second to start."""

        def draw(_question: Any) -> Any:
            self.drawn = True
            raise NotReleasable

        yield draw

    @contextmanager
    def watched(self) -> Iterator[set[str]]:
        """Collect the tables of which the service finds rows damaged."""
        self.noticed.clear()
        held = self.house.database.keys.held  # type: ignore[union-attr]
        held.memory.clear()
        yield self.noticed


def make_other(column: Column[Any], value: Any, seen: list[Any]) -> Any:
    """Return another value for a column, one that the database takes and the code can read."""
    kind: Any = column.type
    different = [one for one in seen if one is not None and one != value]
    if isinstance(kind, State):
        return next(state.value for state in kind.states if state.value != value)
    if isinstance(kind, Uuid):
        return different[0] if column.foreign_keys and different else "7" * 32
    for types, make in _OTHER.items():
        if isinstance(kind, types):
            return make(value)
    return different[0] if different else f"{(value or 'xx')[:-1]}z"


def _other_instant(value: str | None) -> str:
    at = datetime.fromisoformat(value or "2030-01-01 00:00:00")
    return (at + timedelta(days=1)).isoformat(" ", "microseconds")


_OTHER: Mapping[type, Callable[[Any], Any]] = {
    LargeBinary: lambda value: value[:-1] + bytes([value[-1] ^ 1]) if value else b"x" * 32,
    Boolean: lambda value: 0 if value else 1,
    Integer: lambda value: (value or 0) + 1,
    Float: lambda value: (value or 0) + 1,
    Instant: _other_instant,
    Date: lambda value: "2026-02-03" if value != "2026-02-03" else "2026-02-04",
    JSON: lambda value: '["coordinator"]' if (value or "")[:1] == "[" else '{"en": "other"}',
}


# -- how each table is asked for, as a member, a caller or the worker would


def by_case(scene: Scene, row: Row) -> Answers:
    """Somebody of the desk reads the case that a row belongs to."""
    who, path = scene.desk(row.get("case_id") or row["id"])
    return [_told(who.get(path))]


def by_complaint(scene: Scene, row: Row) -> Answers:
    """The desk reads the case, and a coordinator what became of its complaint."""
    return [*by_case(scene, row), *scene.get("crane", "/v1/denials")]


def listing(path: str, who: str = "crane") -> Callable[[Scene, Row], Answers]:
    """A member reads a list."""
    return lambda scene, _row: scene.get(who, path)


def reading(path: str, column: str, who: str = "crane") -> Callable[[Scene, Row], Answers]:
    """A member reads one thing; ``{}`` in the path is the row's id in that column."""
    return lambda scene, row: scene.get(who, path.format(UUID(row[column])))


def by_attachment(scene: Scene, row: Row) -> Answers:
    """Somebody opens what is attached."""
    who, path = scene.desk(row["case_id"])
    paper = UUID(row.get("attachment_id") or row["id"])
    # A file that is still to be fetched opens for nobody, but stands in the list of its case.
    return [_told(who.get(path)), _told(who.get(f"{path}/attachments/{paper}"))]


def by_conflict(scene: Scene, row: Row) -> Answers:
    """Somebody looks whom a request of the case could be offered to."""
    [request, *_] = scene.find("requests", case_id=row["case_id"])
    return scene.get("heron", f"/v1/requests/{UUID(request['id'])}/candidates")


def by_waking(scene: Scene, row: Row) -> Answers:
    """The server is sealed, and somebody signs in and opens it."""
    scene.house.seal()
    body = {"handle": "heron", "passphrase": scene.story.passphrases["heron"]}
    answers = [_told(scene.house.nobody.post("/v1/sessions", body))]
    if not scene.house.database.keys.is_open:  # type: ignore[union-attr]
        scene.put_back("operational_grants", row)
        scene.house.nobody.post("/v1/sessions", body)
    scene.house.settle()
    return answers


def by_absorbing(scene: Scene, row: Row) -> Answers:
    """The server wakes up, and the worker does what waited for that."""
    del row
    scene.house.seal()
    body = {"handle": "heron", "passphrase": scene.story.passphrases["heron"]}
    answers = [_told(scene.house.nobody.post("/v1/sessions", body))]
    scene.house.settle()
    return answers


def by_text(label: str, body: str) -> Callable[[Scene, Row], Answers]:
    """A phone sends a text."""

    def send(scene: Scene, row: Row) -> Answers:
        del row
        number = next(c.text for c in scene.story.canaries if c.label == label)
        scene.house.database.keys.held.index = None  # type: ignore[union-attr]
        return [(scene.house.phone(number).text(body).http_status or 0, "")]

    return send


def by_calendar(scene: Scene, row: Row) -> Answers:
    """A phone fetches its owner's calendar."""
    del row
    [token] = [c.text for c in scene.story.canaries if c.label == "calendar/owl"]
    return [_told(scene.house.nobody.get(f"/calendar/{token}.ics"))]


def by_invitation(scene: Scene, row: Row) -> Answers:
    """Somebody redeems an invitation, under a name that is taken."""
    del row
    [code] = [c.text for c in scene.story.canaries if c.label == "invitation/nobody-yet"]
    body = {"code": code, "handle": "heron", "passphrase": "seven quiet herons wade"}
    return [_told(scene.house.nobody.post("/v1/invitations/redeem", body))]


def by_repeating(scene: Scene, row: Row) -> Answers:
    """A request that was made once comes again with its key."""
    del row
    headers = {"Idempotency-Key": "once-and-no-more"}
    seen = {"location": next(c.text for c in scene.story.canaries if c.label == "raid")}
    answer = scene.people["heron"].post("/v1/raid-reports", seen, headers=headers)
    return [_told(answer)]


def by_confirming(scene: Scene, row: Row) -> Answers:
    """A second coordinator confirms the release that still waits for it."""
    del row
    [waiting] = scene.find("statistics_releases", state="awaiting_confirmation")
    path = f"/v1/statistics/releases/{UUID(waiting['id'])}/confirm"
    return [_told(scene.people["crane"].post(path))]


def by_file(scene: Scene, row: Row) -> Answers:
    """A coordinator takes a file of a release."""
    path = f"/v1/statistics/releases/{UUID(row['release_id'])}"
    return scene.get("crane", path, params={"format": row["format"]})


def by_sending(scene: Scene, row: Row) -> Answers:
    """The worker tries again to send a text that waits."""
    scene.house.network.clear_faults()
    now = scene.house.clock().replace(tzinfo=None).isoformat(" ", "microseconds")
    for job in scene.jobs:
        if job["ref"] == row["id"]:
            scene.put_back("jobs", job | {"run_at": now})
    scene.house.settle()
    return []


def by_deleting_copies(scene: Scene, row: Row) -> Answers:
    """The worker has the carrier delete what is due."""
    del row
    house = scene.house
    carrier = make_carrier(house.settings, lambda _: None)
    with suppress(RowDamaged):  # as the worker's loop does
        delete_copies(house.database, carrier, house.clock() + timedelta(days=400))
    return []


def by_leg(scene: Scene, row: Row) -> Answers:
    """The desk says of a call whether it is a line of detention's."""
    [call] = scene.find("calls", id=row["call_id"])
    who, path = scene.desk(call["case_id"])
    return [_told(who.post(f"{path}/calls/{UUID(call['id'])}/custody", {"custody": False}))]


def _is_open_case(scene: Scene, row: Row) -> bool:
    return scene.open_case["id"] in (row.get("id"), row.get("case_id"))


def _by_open_case(scene: Scene, row: Row) -> Answers:
    del row
    return by_case(scene, scene.open_case)


def by_assignment(scene: Scene, row: Row) -> Answers:
    """Whoever goes along opens the brief."""
    del row
    mine = next(r for r in scene.rows("assignments") if r["member_id"] == scene.ids["finch"])
    return scene.get("finch", f"/v1/assignments/{UUID(mine['id'])}")


def by_member(scene: Scene, row: Row) -> Answers:
    """A coordinator lists the members, and the member signs in."""
    del row
    body = {"handle": "finch", "passphrase": scene.story.passphrases["finch"]}
    signing_in = scene.house.nobody.post("/v1/sessions", body)
    return [*scene.get("crane", "/v1/members"), (signing_in.status_code, "")]


def by_note(scene: Scene, row: Row) -> Answers:
    """Somebody of the desk writes a note, which is sealed to the case."""
    path = f"/v1/cases/{UUID(scene.open_case['id'])}/notes"
    del row
    return [_told(scene.people["heron"].post(path, {"body": "she called again"}))]


def _is_newest(table: str, column: str) -> Callable[[Scene, Row], bool]:
    return lambda scene, row: row[column] == max(r[column] for r in scene.rows(table))


def _is_latest_entry(scene: Scene, row: Row) -> bool:
    """One that others follow, on the first page of the log."""
    return bool(row["seq"] == max(r["seq"] for r in scene.rows("audit_entries")) - 3)


def _is_wanted_month(scene: Scene, row: Row) -> bool:
    [waiting] = scene.find("statistics_releases", state="awaiting_confirmation")
    return bool(row["month"] == waiting["period"])


def _is_key_in_use(scene: Scene, row: Row) -> bool:
    case = scene.open_case
    return (row["case_id"], row["epoch"]) == (case["id"], case["epoch"])


def _stop_while_sealed(scene: Scene) -> None:
    scene.house.seal()
    scene.house.phone("+15145550123").text("STOP")


def _text_anew(scene: Scene) -> None:
    scene.house.phone("+15145550177").says("hello", "1", "2", "they took him")


def _reply(scene: Scene) -> None:
    path = f"/v1/cases/{scene.story.cases['fr']}/messages"
    assert scene.people["heron"].post(path, {"body": "at 3"}).status_code == 202
    scene.house.settle()
    scene.jobs = scene.find("jobs", kind="send")
    scene.sql.execute("DELETE FROM jobs WHERE kind = 'send'")


def show_id(_scene: Scene, row: Row) -> str:
    """How a row is seen in an answer: by its id."""
    return str(UUID(row["id"])) if isinstance(row.get("id"), str) else "no such words"


def _show_brief(scene: Scene, _row: Row) -> str:
    [said] = [c for c in scene.story.canaries if c.label == "field-subject_name-new/en"]
    return json.dumps(said.text, ensure_ascii=False)[1:-1]


def _show_reviewer(scene: Scene, _row: Row) -> str:
    return next(c.text for c in scene.story.canaries if c.label == "text-reviewer")


@dataclass(frozen=True)
class Asking:
    """How a table is asked for, and for which of its rows (``where``).

    ``once``: it works only once, so that it is not tried before anything was changed. ``make``
    makes a row first, where the story leaves none; ``shows`` is what an answer shows of it.
    ``keeps`` names tables that are taken back whole after each trial.
    """

    ask: Callable[[Scene, Row], Answers]
    where: Callable[[Scene, Row], bool] = lambda _scene, _row: True
    once: bool = False
    make: Callable[[Scene], None] = lambda _scene: None
    shows: Callable[[Scene, Row], str] = show_id
    keeps: tuple[str, ...] = ()


def _of(handle: str) -> Callable[[Scene, Row], bool]:
    return lambda scene, row: row["member_id"] == scene.ids[handle]


def _is(column: str, *values: Any) -> Callable[[Scene, Row], bool]:
    return lambda _scene, row: row[column] in values


_CASE = Asking(by_case)
_LOG = ("audit_entries", "audit_head")
ASKINGS: Mapping[str, Asking] = {
    "alerts": Asking(by_case, _is("state", "open"), make=_text_anew),
    "assignments": Asking(listing("/v1/assignments", "finch"), _of("finch")),
    "attachment_parts": Asking(by_attachment),
    "attachments": Asking(by_attachment),
    "audit_entries": Asking(listing("/v1/audit"), _is_latest_entry, keeps=_LOG),
    "audit_head": Asking(listing("/v1/audit"), keeps=_LOG),
    "brief_wraps": Asking(by_assignment, _of("finch"), shows=_show_brief),
    "briefs": Asking(by_assignment, lambda s, row: row["request_id"] in s.requests_of("finch")),
    "calendar_feeds": Asking(by_calendar),
    "call_legs": Asking(by_leg),
    "calls": _CASE,
    "carrier_traces": Asking(by_deleting_copies, lambda _s, row: bool(row["next_try_at"])),
    "case_epochs": Asking(by_note, _is_key_in_use),
    "case_grants": _CASE,
    "case_sheets": Asking(by_case, _is_open_case),
    "cases": Asking(by_case, _is_open_case),
    "confirmations": Asking(listing("/v1/confirmations"), _is("state", "waiting")),
    "conflicts": Asking(by_conflict),
    "consents": _CASE,
    "deadline_rules": Asking(listing("/v1/deadline-rules")),
    "deployment": Asking(listing("/v1/settings")),
    "denials": Asking(by_complaint),
    "detention_episodes": _CASE,
    "directory": Asking(listing("/v1/directory")),
    "erasures": Asking(by_text("number/erasing", "what?")),
    "events": _CASE,
    "handover_notes": Asking(reading("/v1/shifts/{}/hand-over", "shift_id", "heron")),
    "idempotency": Asking(by_repeating),
    "index_keys": Asking(by_text("number/second", "hello")),
    "information_cards": Asking(listing("/v1/information-cards")),
    "interpretations": _CASE,
    "invitations": Asking(by_invitation, _is("redeemed_by", None)),
    "members": Asking(by_member, lambda scene, row: row["id"] == scene.ids["finch"]),
    "messages": _CASE,
    "notes": _CASE,
    "offers": Asking(listing("/v1/offers", "owl"), _is("state", "pending")),
    "operational_grants": Asking(by_waking),
    "outgoing": Asking(by_sending, _is("state", "queued"), once=True, make=_reply),
    "pages": Asking(by_text("member-phone/heron", "1"), _of("heron")),
    "pending_keywords": Asking(by_absorbing, make=_stop_while_sealed),
    "raid_reports": Asking(listing("/v1/raid-reports", "heron")),
    "reports": _CASE,
    "requests": Asking(
        listing("/v1/requests", "heron"), _is("state", "open", "offered", "unfilled")
    ),
    "rosters": Asking(
        listing("/v1/cases", "heron"), _is_newest("rosters", "version"), keeps=("rosters",)
    ),
    "shift_overrides": Asking(listing("/v1/shifts/turns")),
    "shift_swaps": Asking(listing("/v1/shifts/swaps", "heron"), _is("state", "open")),
    "shifts": Asking(listing("/v1/shifts")),
    "statistics_files": Asking(by_file),
    "statistics_head": Asking(listing("/v1/statistics/plan")),
    "statistics_ledger": Asking(by_confirming, once=True),
    "statistics_months": Asking(by_confirming, _is_wanted_month, once=True),
    "statistics_releases": Asking(listing("/v1/statistics/releases")),
    "suppressions": Asking(listing("/v1/blocks"), _is("kind", "blocked")),
    "tasks": Asking(by_case, _is("state", "open")),
    "team_wraps": Asking(_by_open_case, _of("heron")),
    "text_changes": Asking(listing("/v1/texts/en/versions"), shows=_show_reviewer),
}
