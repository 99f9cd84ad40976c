"""Talking to the person at the terminal: asking, answering, refusing in one line."""

from __future__ import annotations

import getpass
import json
import logging
import os
import sys
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from app.errors import OperatorError, Refusal

if TYPE_CHECKING:
    from sqlalchemy.exc import SQLAlchemyError

    from app.settings import Settings


def prepare() -> None:
    """Make this process safe to hold secrets, and its logs free of them."""
    from app.process import configure_logs, harden_process, hide_uncaught_errors

    harden_process()
    level = os.environ.get("KITH_LOG_LEVEL", "INFO").upper()
    # A level that does not exist is refused in a sentence, as soon as the settings are read.
    configure_logs(level if level in logging.getLevelNamesMapping() else "INFO")
    hide_uncaught_errors()


def settings() -> Settings:
    """Read the configuration, and have its level of logging from now on."""
    from app.process import configure_logs
    from app.settings import load_settings

    read = load_settings()
    configure_logs(read.log_level)
    return read


def say(text: str) -> None:
    """Tell the person something that is not the command's result."""
    print(text, file=sys.stderr, flush=True)


def answer(result: Mapping[str, Any]) -> None:
    """Print a command's result as JSON."""
    print(json.dumps(result, indent=2, ensure_ascii=False), flush=True)


def ask(question: str) -> str:
    """Ask for a line of text; OperatorError without a terminal."""
    if not sys.stdin.isatty():
        raise OperatorError(f"{question} has to be given as an option: there is no terminal")
    print(f"{question}: ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip()


def ask_passphrase(*, from_stdin: bool, new: bool) -> str:
    """Return a passphrase: the first line of standard input, or typed unseen (twice if new)."""
    passphrase = ask_secret("Passphrase", "--passphrase-stdin", from_stdin=from_stdin)
    again = new and not from_stdin
    if again and getpass.getpass("Once more: ", sys.stderr) != passphrase:
        raise OperatorError("the two were not the same; nothing was changed")
    return passphrase


def ask_secret(what: str, option: str, *, from_stdin: bool) -> str:
    """Return the first line of standard input, or what is typed unseen; OperatorError."""
    if from_stdin:
        try:
            line = sys.stdin.readline()
            line.encode()  # a stream that is not strict hides what it does not understand
        except UnicodeError as error:
            raise OperatorError(f"the {what.lower()} has to be UTF-8 text") from error
        return line.rstrip("\r\n")
    if not sys.stdin.isatty():
        raise OperatorError(f"use {option} where there is no terminal")
    return getpass.getpass(f"{what}: ", sys.stderr)


class Progress:
    """Says how far something is once it has taken two seconds, then every few seconds."""

    _FIRST_S, _EVERY_S = 2.0, 3.0

    def __init__(self, doing: str) -> None:
        self._doing = doing
        self._next = time.monotonic() + self._FIRST_S

    def __call__(self, done: int) -> None:
        """Tell that ``done`` pieces are done, if it is time to."""
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + self._EVERY_S
            say(f"{self._doing}: {done} …")


def in_one_line(error: Exception) -> str:
    """Return a sentence for the operator; never what an unknown exception says."""
    if isinstance(error, OperatorError):
        return str(error.args[0]) if error.args else _docstring(error)
    return error.detail if isinstance(error, Refusal) else _foreign(error)


def _foreign(error: Exception) -> str:
    """Return the same of an exception that is no sentence of ours."""
    from pydantic import ValidationError
    from sqlalchemy.exc import SQLAlchemyError

    from app.crypto import KeyMissing, SealBroken, UnsafeKeyFile
    from app.process import find_places

    match error:
        case ValidationError():
            return "; ".join(_wrong_setting(dict(each)) for each in error.errors())
        case KeyMissing():
            return f"the key file {error} is missing from the keys folder (KITH_KEYS_DIR)"
        case UnsafeKeyFile() | SealBroken():
            return _docstring(error)
        case SQLAlchemyError():
            return _database_error(error)
        case OSError():
            return ": ".join(str(part) for part in (error.filename, error.strerror) if part)
        case _:
            where = list(find_places(error.__traceback__))[-1:]
            return " at ".join([f"something unforeseen happened ({type(error).__name__})", *where])


def _docstring(error: Exception) -> str:
    return " ".join((type(error).__doc__ or "").split())


def _wrong_setting(error: Mapping[str, Any]) -> str:
    name = "_".join(str(part) for part in error["loc"])
    text = str(error["msg"]).removeprefix("Value error, ")
    return text if text.startswith("KITH_") or not name else f"KITH_{name.upper()}: {text}"


def _database_error(error: SQLAlchemyError) -> str:
    # Without a statement it is the connection that failed; else parameters could be in the text.
    cause = getattr(error, "orig", None)
    if cause is not None and getattr(error, "statement", None) is None:
        return f"the database cannot be reached: {str(cause).splitlines()[0]}"
    return f"the database refused ({type(cause or error).__name__})"
