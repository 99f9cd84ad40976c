"""Handing a release out: each file is made once, stored, and the same bytes for ever."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from uuid import UUID

from sqlalchemy import Select, select

from app.access import Principal
from app.errors import BadRequest, NotReleasable, Refusal
from app.models import ReleaseState, StatisticsFile, StatisticsRelease, table
from app.reports import ReleaseRecord, load_record
from app.statistics.chain import vouch_for_release
from app.statistics.releases import find_release
from app.store import Database, Db, insert_new_rows

MEDIA_TYPES: Mapping[str, str] = {
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
    "pdf": "application/pdf",
    "png": "image/png",
    "svg": "image/svg+xml",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
# What the process makes; the others are there since the release.
_QUICK_FIRST = ("xlsx", "svg", "pdf", "png")
_ROOT = Path(__file__).parents[2]
_PROGRAM = "import sys; sys.path.insert(0, sys.argv[1]); from app.reports.press import main; main()"
_PATIENCE_S = 120


class PrintingFailed(Refusal):
    """The files could not be made. The release stands; please try again."""

    slug = "sealed"


def read_file(database: Database, principal: Principal, release_id: UUID, name: str) -> bytes:
    """Return a release in one format. NotFound, BadRequest, NotReleasable."""
    if name not in MEDIA_TYPES:
        raise BadRequest(f"A format is one of: {', '.join(MEDIA_TYPES)}.")
    with database.snapshot() as db:
        record = _vouched(db, principal, release_id)
        found = db.get(StatisticsFile, (release_id, name))
    if found is not None:
        return found.content
    [(_, made)] = print_files(record, [name])
    return _keep(database, release_id, name, made)


def read_record(db: Db, principal: Principal, release_id: UUID) -> ReleaseRecord:
    """Return everything that was released. NotFound, NotReleasable."""
    return load_record(_vouched(db, principal, release_id))


def _vouched(db: Db, principal: Principal, release_id: UUID) -> str:
    release = find_release(db, principal, release_id)
    if release.state != ReleaseState.RELEASED:
        raise NotReleasable("This was not released yet: another coordinator has to confirm it.")
    vouch_for_release(db, release)
    return release.record or ""


def print_due_files(database: Database, release_id: UUID) -> None:
    """Make the files of a release ahead, so that nobody waits for them. PrintingFailed."""
    with database.snapshot() as db:
        release = db.get_one(StatisticsRelease, release_id)
        vouch_for_release(db, release)
        record = release.record or ""
        have = set(db.scalars(_files_of(release_id)))
    missing = [name for name in _QUICK_FIRST if name not in have]
    for name, content in print_files(record, missing) if missing else ():
        _keep(database, release_id, name, content)


def _files_of(release_id: UUID) -> Select[str]:
    return select(StatisticsFile.format).where(StatisticsFile.release_id == release_id)


def _keep(database: Database, release_id: UUID, name: str, content: bytes) -> bytes:
    """Store a file; return what is stored: whoever was first counts."""
    with database.transaction() as db:
        files = table(StatisticsFile)
        row = {"release_id": release_id, "format": name, "content": content}
        insert_new_rows(db, files, [row], files.c.release_id)
    with database.snapshot() as db:
        return db.get_one(StatisticsFile, (release_id, name)).content


def print_files(record: str, names: Sequence[str]) -> Iterator[tuple[str, bytes]]:
    """Yield a release in some formats, made in a process of its own. PrintingFailed."""
    # -I and no environment, as the process that draws; matplotlib keeps its caches nowhere.
    with subprocess.Popen(  # noqa: S603  # our own program
        [sys.executable, "-I", "-c", _PROGRAM, str(_ROOT)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={"OPENBLAS_NUM_THREADS": "1"},
    ) as press:
        patience = threading.Timer(_PATIENCE_S, press.kill)
        patience.start()
        try:
            yield from _files_from(press, f"{json.dumps(list(names))}\n{record}".encode(), names)
        finally:
            patience.cancel()
            press.kill()


def _files_from(
    press: subprocess.Popen[bytes], question: bytes, names: Sequence[str]
) -> Iterator[tuple[str, bytes]]:
    assert press.stdin is not None  # noqa: S101  # for the type checker: both are pipes
    assert press.stdout is not None  # noqa: S101
    try:
        press.stdin.write(question)
        press.stdin.close()
    except BrokenPipeError as error:
        raise PrintingFailed from error
    for expected in names:
        line = press.stdout.readline()
        if not line:
            raise PrintingFailed
        name, content = json.loads(line)
        if name != expected:
            raise PrintingFailed
        yield name, base64.b64decode(content)
