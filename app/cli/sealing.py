"""Commands that seal: giving a running server its key, and taking it away."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.terminal import answer, ask, ask_passphrase, say, settings
from app.errors import OperatorError

if TYPE_CHECKING:
    from app.crypto import Secret
    from app.settings import Settings

_RUN = "run"


class NothingRuns(OperatorError):
    """No running server was found for this data directory (KITH_DATA_DIR)."""


class AlarmRaised(OperatorError):
    """Somebody sealed the server meanwhile (kith panic); nothing was opened. Begin anew."""


class NotOpened(OperatorError):
    """The running server did not take the key, as if it were another deployment's."""


def unseal(
    handle: Annotated[str | None, typer.Option(help="A member of the desk.")] = None,
    *,
    passphrase_stdin: Annotated[
        bool,
        typer.Option(
            "--passphrase-stdin",
            help="Read the passphrase from standard input, then the code on a line of its own.",
        ),
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Sign a desk member in to open the operational key of a running server.

    With KITH_OPERATIONAL_KEY=file the key is also written to its file again, where a restore or
    `kith panic` left none; then a server need not be running.
    """
    from app.crypto import KeyFiles
    from app.operations import read_alarm_mark, send_seed, store_operational_seed

    chosen = settings()
    run = chosen.data_dir / _RUN
    mark = read_alarm_mark(run)  # before anything is asked: an alarm from now on ends this
    seed = _open_seed(chosen, handle, from_stdin=passphrase_stdin)
    kept = chosen.operational_key == "file"
    files = KeyFiles(chosen.keys_path)
    if kept:
        store_operational_seed(files, seed)
    if read_alarm_mark(run) != mark:
        files.destroy_operational_seed()
        raise AlarmRaised
    reached = send_seed(run, seed, mark)
    if not reached.told and not kept:
        raise NothingRuns
    if reached.did < reached.told:
        raise NotOpened
    if json:
        answer({"opened": reached.did, "key_on_disk": kept})
    else:
        say(f"opened: {reached.did} process(es)" + ("; the key is in its file" if kept else ""))


def _open_seed(chosen: Settings, handle: str | None, *, from_stdin: bool) -> Secret:
    """Ask for a sign-in; return the operational seed that it opens."""
    from app.clock import Clock
    from app.main import open_database
    from app.operations import open_operational_seed

    clock = Clock()
    who = handle or ask("Name")
    passphrase = ask_passphrase(from_stdin=from_stdin, new=False)
    code = sys.stdin.readline() if from_stdin else ask("Code of the app (Enter for none)")
    database = open_database(chosen, clock)
    try:
        return open_operational_seed(
            database,
            handle=who,
            passphrase=passphrase,
            code=code.strip() or None,
            require_mfa=chosen.require_mfa,
            now=clock(),
        )
    finally:
        database.close()


def panic(
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Seal everything now: end all sessions, forget the operational key, stop sending.

    Texts are still taken in, sealed. The next sign-in of the desk opens the server again.
    """
    from app.crypto import KeyFiles
    from app.operations import raise_alarm

    chosen = settings()
    if not yes and ask("Type PANIC to seal the server") != "PANIC":
        raise OperatorError("nothing was changed")
    KeyFiles(chosen.keys_path).destroy_operational_seed()
    reached = raise_alarm(chosen.data_dir / _RUN)
    if json:
        answer({"sealed": reached.did, "key_on_disk": False})
    elif reached.told:
        say(f"sealed: {reached.did} process(es); all sessions have ended")
    else:
        say("no server was running; the key is off the disk, so the next start is sealed")
    if reached.did < reached.told:
        raise NotOpened("a running server did not answer: stop it by hand")
