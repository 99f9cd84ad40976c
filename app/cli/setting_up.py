"""``kith init`` and ``kith migrate``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli.foundation import lay_foundation
from app.cli.terminal import answer, ask, ask_passphrase, say, settings

if TYPE_CHECKING:
    from app.settings import Settings

_ONCE = """\
This is shown once. Keep the recovery code and the backup key on paper, away from this machine:
without the backup key no backup opens, and nobody can make it again."""


def init(
    handle: Annotated[str | None, typer.Option(help="The coordinator's name, a pseudonym.")] = None,
    *,
    passphrase_stdin: Annotated[
        bool, typer.Option("--passphrase-stdin", help="Read the passphrase from standard input.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print nothing but JSON.")] = False,
) -> None:
    """Make schema, keys, organisation and first coordinator. Refuses to run twice."""
    from app.members import check_passphrase, clean_handle, suggest_passphrase
    from app.operations import AlreadyMade, is_founded

    chosen = settings()
    if is_founded(chosen.sqlalchemy_url):  # before anything is asked
        raise AlreadyMade
    handle = clean_handle(handle or ask("Your name here, a pseudonym"))
    if not passphrase_stdin:
        say(f"Choose a passphrase of several words, for example: {suggest_passphrase()}")
    passphrase = ask_passphrase(from_stdin=passphrase_stdin, new=True)
    check_passphrase(passphrase, handle)
    result = _found(chosen, handle, passphrase)
    if not as_json:
        say(_ONCE)
    answer(result)


def migrate() -> None:
    """Bring the schema to what this release needs; the running release goes on working."""
    from app.store import find_newest_revision, upgrade_schema

    upgrade_schema(settings().sqlalchemy_url)
    say(f"The schema is at {find_newest_revision()}.")


def _found(chosen: Settings, handle: str, passphrase: str) -> dict[str, Any]:
    """Lay the schema, make everything, and return what is printed once."""
    from app.crypto import KeyFiles
    from app.vault import keep_backup_public, make_backup_pair, new_backup_key, print_backup_key

    founded, backup_key = lay_foundation(chosen, handle, passphrase), new_backup_key()
    keep_backup_public(KeyFiles(chosen.keys_path), make_backup_pair(backup_key).public)
    member = founded.enrolled.member
    return {
        "member": {"id": str(member.id), "handle": member.handle, "roles": member.roles},
        "recovery_code": founded.enrolled.recovery_code,
        "totp_uri": founded.enrolled.totp_uri,
        "backup_key": print_backup_key(backup_key),
        "root_fingerprint": founded.root_fingerprint,
    }
