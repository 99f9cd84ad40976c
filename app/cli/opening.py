"""``kith open``: reading a sealed copy of a case, on anybody's computer."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Annotated

import typer

from app.cli.terminal import answer, ask_secret
from app.errors import OperatorError


def open_file(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The sealed copy of a case.")],
    to: Annotated[
        Path | None, typer.Option(help="A folder to be made for what is in it.", metavar="DIR")
    ] = None,
    code_stdin: Annotated[
        bool, typer.Option("--code-stdin", help="Read the code from standard input.")
    ] = False,
) -> None:
    """Open a sealed copy of a case with the code that was said with it.

    It needs no hotline and no network. What is in the file lies readable in the folder afterwards:
    delete it when it is no longer needed.
    """
    import zipfile

    from app.crypto import SealBroken, unlock_file

    sealed = file.read_bytes()
    folder = to or file.with_suffix(".opened")
    if folder.exists():
        raise OperatorError(f"{folder} exists already; choose another folder with --to")
    code = ask_secret("Code", "--code-stdin", from_stdin=code_stdin)
    try:
        archive = zipfile.ZipFile(io.BytesIO(unlock_file(code, sealed)))
    except (SealBroken, zipfile.BadZipFile) as error:
        raise OperatorError(
            "the file does not open with this code; one of them is not as it was given out"
        ) from error
    os.umask(0o077)
    folder.mkdir(parents=True)
    archive.extractall(folder)
    answer({"folder": str(folder), "files": archive.namelist()})
