"""``kith drill`` and ``kith verify-audit``: looking without changing anything."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.terminal import Progress, answer, say, settings

if TYPE_CHECKING:
    from app.settings import Settings
    from app.store import Db

AsJson = Annotated[bool, typer.Option("--json", help="Print nothing but JSON.")]


def verify_audit(*, as_json: AsJson = False) -> int:
    """Recompute the audit chain; exit 1 where it was changed, shortened or has a gap."""
    from app import audit

    with _still(_inspected()) as db:
        verdict = audit.verify(db)
    if as_json:
        answer(
            {
                "intact": verdict.intact,
                "entries": verdict.entries,
                "broken_at": verdict.broken_at,
                "reason": verdict.reason,
            }
        )
    elif verdict.intact:
        say(f"{verdict.entries} entries, each following from the one before.")
    else:
        say(f"kith: at entry {verdict.broken_at}: {verdict.reason}")
    return 0 if verdict.intact else 1


def _inspected() -> Settings:
    """Return the settings: the demo's where only the demo can be meant."""
    chosen = settings()
    said = {"KITH_ENVIRONMENT", "KITH_TWILIO_ACCOUNT_SID", "KITH_TWILIO_ACCOUNT_SID_FILE"}
    if said & os.environ.keys() or not (chosen.data_dir / "demo.json").exists():
        return chosen
    from app.cli.demo import make_demo_settings

    say(f"{chosen.data_dir} is a demo's: judged as the demo.")
    return make_demo_settings(os.environ)


@contextmanager
def _still(chosen: Settings) -> Iterator[Db]:
    """Yield the database as it is at one instant, while the service goes on."""
    from sqlalchemy import select

    from app.crypto import KeyFiles
    from app.keyring import Keyring
    from app.models import Deployment
    from app.store import Database, read_revision
    from app.vault import NotMade

    if read_revision(chosen.sqlalchemy_url) is None:
        raise NotMade
    database = Database(chosen.sqlalchemy_url)
    try:
        with database.snapshot() as db:
            deployment = db.scalar(select(Deployment))
        if deployment is None:
            raise NotMade
        files = KeyFiles(chosen.keys_path)
        database.use_keys(Keyring(files, deployment.id, deployment.operational_public))
        with database.snapshot() as db:
            if not database.on_sqlite:
                db.connection(execution_options={"isolation_level": "REPEATABLE READ"})
            yield db
    finally:
        database.close()


def drill(*, as_json: AsJson = False) -> int:
    """Play a seizure of this installation's own data; exit 1 where it is worse than promised."""
    from app.clock import Clock
    from app.operations import (
        DrillScene,
        inspect_installation,
        write_report_json,
        write_report_text,
    )

    scene = DrillScene(_inspected(), os.environ, Clock()(), Progress("still looking"))
    report = inspect_installation(scene)
    if as_json:
        answer(write_report_json(report))
    else:
        print(write_report_text(report))
    return 0 if report.as_promised else 1
