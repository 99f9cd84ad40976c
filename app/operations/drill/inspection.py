"""Holding the drill: gather the keys, try them, search, compare with the promise."""

from __future__ import annotations

import json
import re
import secrets
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import chain
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, func, select, text
from sqlalchemy.exc import SQLAlchemyError

from app.crypto import KeyFiles, unpad
from app.models import Base, Case, Deployment, Member
from app.operations.drill.archives import check_archives, find_archives
from app.operations.drill.attempts import DrillOutcome, OpenedCell, open_everything
from app.operations.drill.checks import (
    FAILURE,
    DrillFinding,
    check_bare,
    check_files,
    check_key_files,
    check_layers,
    check_machine,
    check_opened,
    check_strangers,
)
from app.operations.drill.inventory import VaultColumn, find_strange_columns, list_columns
from app.operations.drill.keys import FoundKey, find_keys_in_environment, find_keys_in_folder
from app.operations.drill.promise import DrilledInstallation, Promise, state_promise
from app.operations.drill.search import (
    find_phone_numbers,
    list_files_below,
    read_blocks,
    search_sources,
)
from app.settings import Settings
from app.store import Database, Db, read_revision
from app.vault import NotMade

# So many values are looked for in every form; all phone numbers are looked for besides.
_SAMPLE = 50
_SHORTEST = 6
# Words of our own vocabulary, instants, ids and keys say nothing about anybody.
_NOBODYS = re.compile(
    r"[a-z_-]+|[0-9T:.+\- ]+Z?|[0-9a-f]{64}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
)
_PHONE = re.compile(r"\+[1-9][0-9]{7,14}")


@dataclass(frozen=True)
class DrillReport:
    """What the drill found; no key and no opened value is in it."""

    installation: DrilledInstallation
    promise: tuple[Promise, ...]
    inventory: tuple[VaultColumn, ...]
    keys: tuple[str, ...]
    opened: Mapping[tuple[str, str, str], int]
    closed: Mapping[tuple[str, str], int]
    searched: tuple[str, ...]
    findings: tuple[DrillFinding, ...]

    @property
    def as_promised(self) -> bool:
        """Whether nothing is worse than the promise."""
        return not any(finding.level == FAILURE for finding in self.findings)


@dataclass(frozen=True)
class DrillScene:
    """Where and when the drill is held."""

    settings: Settings
    environment: Mapping[str, str] = field(repr=False)
    now: datetime
    progress: Callable[[int], None] = lambda _: None


def inspect_installation(scene: DrillScene) -> DrillReport:
    """Hold the drill, with the server running or stopped; nothing is changed. NotMade."""
    url = scene.settings.sqlalchemy_url
    if read_revision(url) is None:
        raise NotMade
    database = Database(url)
    try:
        with database.snapshot() as db:
            deployment = db.scalar(select(Deployment))
            if deployment is None:
                raise NotMade
            if scene.settings.environment == "demo":
                offset = timedelta(seconds=deployment.clock_offset_s)
                scene = replace(scene, now=scene.now + offset)
            return _report(db, deployment.id, scene)
    finally:
        database.close()


def _report(db: Db, deployment: UUID, scene: DrillScene) -> DrillReport:
    here, connection = _installation(db, scene.settings), db.connection()
    files = KeyFiles(scene.settings.keys_path)
    keys = find_keys_on_disk(scene.settings, scene.environment)
    outcome = open_everything(connection, deployment, keys, scene.progress)
    paths = list(_files(scene.settings, connection))
    findings = chain(
        _of_installation(scene, outcome),
        check_bare(outcome.bare),
        check_archives(find_archives(scene.settings, files), keys, scene.now),
        check_strangers(find_strange_columns(connection)),
        _in_plain(scene, connection, paths, outcome.opened),
    )
    return DrillReport(
        here,
        state_promise(here),
        tuple(list_columns()),
        tuple(sorted({key.where for key in keys})),
        Counter((one.cell.table, one.cell.column, one.by[-1]) for one in outcome.opened),
        outcome.closed,
        tuple(str(path) for path in paths),
        tuple(dict.fromkeys(findings)),
    )


def _installation(db: Db, settings: Settings) -> DrilledInstallation:
    wake = settings.wake_numbers_file
    return DrilledInstallation(
        settings.environment,
        db.get_bind().dialect.name,
        settings.operational_key,
        db.scalars(select(func.count()).select_from(Case)).one(),
        db.scalars(select(func.count()).select_from(Member)).one(),
        len(wake.read_text(encoding="utf-8").split()) if wake and wake.exists() else 0,
        settings.require_mfa,
    )


def find_keys_on_disk(settings: Settings, environment: Mapping[str, str]) -> list[FoundKey]:
    """Return every key in the data directory, the keys folder and the configuration."""
    databases = _database_files(settings)
    return [
        *find_keys_in_folder(settings.keys_path),
        *find_keys_in_folder(settings.data_dir, leaving_out=[settings.keys_path, *databases]),
        *find_keys_in_environment(environment),
    ]


def _database_files(settings: Settings) -> list[Path]:
    if not settings.on_sqlite:
        return []
    path = settings.sqlalchemy_url.removeprefix("sqlite:///")
    return [Path(path + suffix) for suffix in ("", "-wal", "-shm")]


def _of_installation(scene: DrillScene, outcome: DrillOutcome) -> Iterator[DrillFinding]:
    files = KeyFiles(scene.settings.keys_path)
    yield from check_key_files(scene.settings, files, scene.now)
    yield from check_layers(files, outcome.keys)
    yield from check_opened(scene.settings, outcome.opened)
    yield from check_files(scene.settings, scene.environment)
    yield from check_machine(scene.settings)


# -- what lies about in plain


def _files(settings: Settings, connection: Connection) -> Iterator[Path]:
    """Yield the files to search: data, logs, database; not those that hold secrets on purpose."""
    known = [settings.keys_path, settings.data_dir / "demo.json"]
    if settings.wake_numbers_file:
        known.append(settings.wake_numbers_file)
    folders = [settings.data_dir, *(path for path in _database_files(settings) if path.exists())]
    if connection.dialect.name == "postgresql":
        folders += _cluster(connection)
    seen = dict.fromkeys(path.resolve() for path in list_files_below(*folders, leaving_out=known))
    yield from seen


def _cluster(connection: Connection) -> list[Path]:
    """Return PostgreSQL's own folders where they are on this machine and we may look into them.

    The log ahead of writing is the whole server's: it is ours only where we are alone on it.
    """
    try:
        with connection.begin_nested():
            folder, oid, alone = connection.execute(_OWN_FOLDERS).one()
        folders = [Path(folder) / "base" / str(oid), *([Path(folder) / "pg_wal"] if alone else [])]
        return [path for path in folders if any(path.iterdir())]
    except (SQLAlchemyError, OSError):
        return []


_OWN_FOLDERS = text("""
    SELECT current_setting('data_directory'), ours.oid, NOT EXISTS (
        SELECT FROM pg_database other
        WHERE other.oid <> ours.oid AND other.datname NOT IN ('postgres', 'template0', 'template1'))
    FROM pg_database ours WHERE ours.datname = current_database()
""")


def _rows(connection: Connection) -> Iterator[tuple[str, bytes]]:
    """Yield what the database hands out, table by table: all there is where its files are not."""
    for table in Base.metadata.sorted_tables:
        if table.info.get("only", connection.dialect.name) == connection.dialect.name:
            rows = connection.execute(select(table).execution_options(yield_per=500))
            for part in rows.partitions():
                values = (value for row in part for value in row if value is not None)
                yield (
                    table.name,
                    b"\0".join(
                        value if isinstance(value, bytes) else str(value).encode()
                        for value in values
                    ),
                )


def _in_plain(
    scene: DrillScene, connection: Connection, paths: Iterable[Path], opened: Iterable[OpenedCell]
) -> Iterator[DrillFinding]:
    needles = _needles(opened)
    for done, (where, content) in enumerate(chain(_rows(connection), _contents(paths)), 1):
        scene.progress(done)
        for number, form in find_phone_numbers(content):
            if number != scene.settings.twilio_number:
                yield DrillFinding(
                    FAILURE, f"a phone number lies in {where}, {form}", "find out what wrote it"
                )
        for hit in search_sources([(where, content)], needles):
            what = f"an operational value ({hit.label}) lies in {hit.where}, {hit.form}"
            yield DrillFinding(FAILURE, what, "find out what wrote it")


def _contents(paths: Iterable[Path]) -> Iterator[tuple[str, bytes]]:
    for path in paths:
        try:
            for block in read_blocks(path):
                yield str(path), block
        except FileNotFoundError:
            continue  # gone since it was listed: a log or a journal in use


def _needles(opened: Iterable[OpenedCell]) -> dict[str, str]:
    """Return some of the operational values that opened, by where they are from."""
    values = {
        value: f"{one.cell.table}"
        for one in opened
        if one.cell.column == "op_values"
        for value in _texts(json.loads(unpad(one.plaintext)))
    }
    chosen = secrets.SystemRandom().sample(sorted(values), min(_SAMPLE, len(values)))
    return {f"{values[value]} {place}": value for place, value in enumerate(chosen, 1)}


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        if len(value) >= _SHORTEST and (_PHONE.fullmatch(value) or not _NOBODYS.fullmatch(value)):
            yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
