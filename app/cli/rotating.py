"""``kith rotate``: new keys before their time."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from app.cli.terminal import say, settings


class What(StrEnum):
    """What can be replaced."""

    INDEX = "index"


def rotate(
    what: Annotated[What, typer.Argument(help="index: the key under which numbers are found.")],
) -> None:
    """Have the running server replace a key now, rather than when its thirty days are over."""
    from app.crypto import KeyFiles
    from app.store import read_revision
    from app.vault import NotMade, ask_for_ratchet

    chosen = settings()
    if read_revision(chosen.sqlalchemy_url) is None:
        raise NotMade
    ask_for_ratchet(KeyFiles(chosen.keys_path))
    say(f"The server replaces the {what} key within five minutes, or once it is open again.")
