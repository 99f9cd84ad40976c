"""``kith backup`` and ``kith restore``."""

from __future__ import annotations

import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.terminal import Progress, answer, ask, say, settings

if TYPE_CHECKING:
    from app.crypto import Secret
    from app.settings import Settings
    from app.store import Database

_NEXT = """\
Start the service now. The archive holds no operational key: texts are taken in while sealed, and
the first sign-in of somebody at the desk opens it. Texts that were on their way when the archive
was made are marked uncertain. Everybody signs in anew."""
_NEXT_FILE = """\
KITH_OPERATIONAL_KEY is `file`: run `kith unseal` once as somebody of the desk, which writes that
key to its file again; until then each start waits for a sign-in."""


def backup(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="Where the archive goes.")],
) -> None:
    """Write an encrypted archive while the service runs, and drop those older than a week.

    A copy kept elsewhere stays openable, for ever, to whoever has the backup key and a member's
    passphrase: delete it there too.
    """
    from app.crypto import KeyFiles
    from app.operations import make_archive
    from app.store import Database, read_revision
    from app.vault import NotMade

    chosen = settings()
    if read_revision(chosen.sqlalchemy_url) is None:
        raise NotMade
    database = Database(chosen.sqlalchemy_url)
    try:
        now, progress = _now(chosen, database), Progress("rows written")
        made = make_archive(database, KeyFiles(chosen.keys_path), directory, now, progress)
    finally:
        database.close()
    answer(
        {"archive": str(made.path), "rows": made.rows, "bytes": made.size, "pruned": made.pruned}
    )


def restore(
    archive: Annotated[Path, typer.Argument(metavar="ARCHIVE", help="The archive to bring back.")],
    key_file: Annotated[
        Path, typer.Option("--key-file", help="A file with the backup key; - for standard input.")
    ],
    acknowledge: Annotated[
        str | None, typer.Option(help="What would have to be typed, where there is no terminal.")
    ] = None,
) -> None:
    """Bring an archive back into an empty data directory or database, of either kind."""
    from app.operations import NeedsAcknowledgement

    chosen, seed = settings(), _backup_seed(key_file)
    try:
        _restore(chosen, archive, seed, acknowledge)
    except NeedsAcknowledgement as asked:
        if acknowledge is not None or not sys.stdin.isatty():
            raise
        say(f"{asked}.")
        _restore(chosen, archive, seed, ask("Type it to go on"))


def _restore(chosen: Settings, archive: Path, seed: Secret, acknowledged: str | None) -> None:
    from app.clock import Clock
    from app.crypto import KeyFiles
    from app.operations import restore_archive

    restored = restore_archive(
        chosen.sqlalchemy_url,
        KeyFiles(chosen.keys_path),
        archive,
        seed,
        Clock()(),
        acknowledged=acknowledged,
        progress=Progress("rows restored"),
    )
    say(_NEXT)
    if chosen.operational_key == "file":
        say(_NEXT_FILE)
    answer(
        {
            "made_at": restored.made_at.isoformat(),
            "rows": restored.rows,
            "erased_again": restored.erased_again,
            "uncertain": restored.uncertain,
        }
    )


def _backup_seed(path: Path) -> Secret:
    from app.vault import read_backup_key

    text = (
        sys.stdin.readline()
        if str(path) == "-"
        else path.read_text(encoding="utf-8", errors="replace")
    )
    return read_backup_key(text)


def _now(chosen: Settings, database: Database) -> datetime:
    """Return the instant; in the demo, where the simulated network moves the clock, that one."""
    from sqlalchemy import select

    from app.clock import Clock
    from app.models import Deployment

    if chosen.environment != "demo":
        return Clock()()
    with database.snapshot() as db:
        return Clock(timedelta(seconds=db.scalar(select(Deployment.clock_offset_s)) or 0.0))()
