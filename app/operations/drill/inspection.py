"""Holding the drill: gather the keys, try them, search, compare with the promise."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import chain

from sqlalchemy import func, select

from app.crypto import KeyFiles
from app.keyring import Keyring
from app.models import Case, Deployment, Member
from app.operations.drill.archives import check_archives, find_archives
from app.operations.drill.attempts import DrillOutcome, open_everything
from app.operations.drill.checks import (
    DrillFinding,
    check_bare,
    check_files,
    check_key_files,
    check_layers,
    check_machine,
    check_opened,
    check_strangers,
)
from app.operations.drill.disk import find_keys_on_disk, list_searched_files
from app.operations.drill.inventory import find_strange_columns, list_columns
from app.operations.drill.leaks import find_leaks
from app.operations.drill.promise import DrilledInstallation, state_promise
from app.operations.drill.report import DrillReport
from app.operations.drill.row_checks import check_relations, check_rows
from app.settings import Settings
from app.store import Database, Db, read_revision
from app.vault import NotMade


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
            return _make_report(db, deployment, scene)
    finally:
        database.close()


def _make_report(db: Db, deployment: Deployment, scene: DrillScene) -> DrillReport:
    here, connection = _describe_installation(db, scene.settings), db.connection()
    files = KeyFiles(scene.settings.keys_path)
    keys = find_keys_on_disk(scene.settings, scene.environment)
    outcome = open_everything(connection, deployment.id, keys, scene.progress)
    held = Keyring(files, deployment.id, deployment.operational_public)
    paths = list(list_searched_files(scene.settings, connection))
    findings = chain(
        _check_installation(scene, outcome),
        check_bare(outcome.bare),
        check_rows(connection, held),
        check_relations(connection),
        check_archives(find_archives(scene.settings, files), keys, scene.now),
        check_strangers(find_strange_columns(connection)),
        find_leaks(connection, paths, outcome.opened, scene.settings.twilio_number, scene.progress),
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


def _describe_installation(db: Db, settings: Settings) -> DrilledInstallation:
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


def _check_installation(scene: DrillScene, outcome: DrillOutcome) -> Iterator[DrillFinding]:
    files = KeyFiles(scene.settings.keys_path)
    yield from check_key_files(scene.settings, files, scene.now)
    yield from check_layers(files, outcome.keys)
    yield from check_opened(scene.settings, outcome.opened)
    yield from check_files(scene.settings, scene.environment)
    yield from check_machine(scene.settings)
