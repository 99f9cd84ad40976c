"""Who is measured, and how each is started on a database that nobody has written to yet."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any, Literal

from psycopg import sql

from bench import load, machine
from tests import postgres

Kind = Literal["sqlite", "postgresql"]
_TEMPLATE = "kith_template"
OPPONENTS = Path(__file__).parent / "opponents"
_KITH = (sys.executable, "-c", "from app.cli import main; main()")  # installed or not
_ACCOUNT = "account.json"
PASSPHRASE = "a passphrase for benchmarks only"  # noqa: S105  # nothing real is behind it


@dataclass(frozen=True)
class Launch:
    """A server ready to be started: what to run, with which environment, on which data."""

    command: tuple[str, ...]
    environment: Mapping[str, str]


@dataclass
class Workplace:
    """Where a measurement happens: a folder of its own, a port, and what servers talk to."""

    folder: Path
    port: int
    carrier: str
    _fresh: count[int] = field(default_factory=count)
    _postgres: postgres.Server | None = None
    _prepared: set[Kind] = field(default_factory=set)

    @property
    def url(self) -> str:
        """The address of whatever server is being measured."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def webhook(self) -> str:
        """The address that texts are posted to."""
        return f"{self.url}/twilio/messages"

    @property
    def postgres(self) -> postgres.Server:
        """A PostgreSQL that survives a power cut, started when first asked for."""
        if self._postgres is None:
            folder = self.folder / "postgres"
            folder.mkdir()
            self._postgres = postgres.start(folder, durable=True)
        return self._postgres

    def close(self) -> None:
        """Stop what was started and remove all files."""
        if self._postgres is not None:
            postgres.stop(self._postgres)
        shutil.rmtree(self.folder)

    def fresh_folder(self) -> Path:
        """Return a new empty folder."""
        folder = self.folder / f"run-{next(self._fresh)}"
        folder.mkdir()
        return folder

    def fresh_database(self, template: str = "template1", name: str = "") -> str:
        """Return the URL of a new database on PostgreSQL."""
        name = name or f"run_{next(self._fresh)}"
        create = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        with self.postgres.connect() as db:
            db.execute(create.format(sql.Identifier(name), sql.Identifier(template)))
        return self.postgres.url(name)

    def read_account(self, kind: Kind) -> dict[str, Any]:
        """Return what setting the service up printed: the coordinator, with secrets."""
        account: dict[str, Any] = json.loads((self.kith_template(kind) / _ACCOUNT).read_text())
        return account

    def kith_template(self, kind: Kind) -> Path:
        """Return a data folder in which the service has been set up; done once, then copied."""
        folder = self.folder / f"kith-{kind}"
        if kind not in self._prepared:
            url = self.fresh_database(name=_TEMPLATE) if kind == "postgresql" else None
            _set_up_kith(self, folder, url)
            self._prepared.add(kind)
        return folder


Contestant = Callable[[Workplace], Launch]


def contestants(given: Path | None = None) -> dict[str, Contestant]:
    """Return everybody who can be measured, by name.

    ``given`` is a folder with a ``bare.py`` and a ``naive.py`` of somebody else, which take the
    same variables as ours.
    """
    everybody: dict[str, Contestant] = {}
    for prefix, folder in {"": OPPONENTS, **({"given-": given} if given else {})}.items():
        everybody |= {
            f"{prefix}bare": _bare(folder),
            f"{prefix}bare-fast": _bare(folder, BARE_FAST="1"),
            f"{prefix}naive-sqlite": _naive(folder, "sqlite"),
            f"{prefix}naive-postgresql": _naive(folder, "postgresql"),
        }
    return everybody | {"kith-sqlite": _kith("sqlite"), "kith-postgresql": _kith("postgresql")}


def _bare(folder: Path, **more: str) -> Contestant:
    return lambda place: _opponent(place, folder, "bare:app", more)


def _naive(folder: Path, kind: Kind) -> Contestant:
    def launch(place: Workplace) -> Launch:
        file = f"sqlite:///{place.fresh_folder() / 'naive.db'}"
        database = file if kind == "sqlite" else place.fresh_database()
        return _opponent(place, folder, "naive:app", {"DB": database, "CRYPTO": "aesgcm"})

    return launch


def _opponent(place: Workplace, folder: Path, app: str, more: Mapping[str, str]) -> Launch:
    options = "--loop uvloop --http httptools --no-access-log --log-level warning"
    command = (sys.executable, "-m", "uvicorn", app, "--app-dir", str(folder))
    return Launch(
        command=(*command, "--port", str(place.port), *options.split()),
        environment={"PUBLIC_URL": place.webhook, "TWILIO_AUTH_TOKEN": load.TOKEN, **more},
    )


def _kith(kind: Kind) -> Contestant:
    def launch(place: Workplace) -> Launch:
        template = place.kith_template(kind)
        folder = place.fresh_folder()
        shutil.copytree(template, folder, dirs_exist_ok=True)
        url = place.fresh_database(_TEMPLATE) if kind == "postgresql" else None
        return Launch((*_KITH, "serve"), _kith_environment(place, folder, url))

    return launch


def _kith_environment(place: Workplace, folder: Path, database: str | None) -> dict[str, str]:
    """Return the variables of a service in production, but for the carrier, which is ours."""
    return {
        "KITH_ENVIRONMENT": "production",
        "KITH_DATA_DIR": str(folder),
        "KITH_HOST": "127.0.0.1",
        "KITH_PORT": str(place.port),
        "KITH_PUBLIC_URL": place.url,
        "KITH_OPERATIONAL_KEY": "file",
        "KITH_TWILIO_ACCOUNT_SID": load.ACCOUNT,
        "KITH_TWILIO_AUTH_TOKEN": load.TOKEN,
        "KITH_TWILIO_NUMBER": load.NUMBER,
        "KITH_TWILIO_API_URL": place.carrier,
        "KITH_LOG_LEVEL": "WARNING",
        **({"KITH_DATABASE_URL": database} if database else {}),
    }


def _set_up_kith(place: Workplace, folder: Path, database: str | None) -> None:
    folder.mkdir()
    done = subprocess.run(
        [*_KITH, "init", "--handle", "bench", "--passphrase-stdin", "--json"],
        env={**os.environ, **_kith_environment(place, folder, database)},
        input=PASSPHRASE + "\n",
        capture_output=True,
        check=False,
        text=True,
        timeout=120,
    )
    if done.returncode:
        raise machine.ServerFailedError(f"kith init failed:\n{done.stderr}")
    (folder / _ACCOUNT).write_text(done.stdout)
