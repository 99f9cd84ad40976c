"""The command ``kith``: one function per command, refusals in one line, exit 0, 1 or 2."""

from app.cli.command import cli, main, run

__all__ = ["cli", "main", "run"]
