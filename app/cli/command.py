"""The command line itself: every command in one place, and what becomes of a refusal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence

import typer

from app import __version__
from app.cli import (
    archiving,
    checking,
    inspecting,
    opening,
    releasing,
    rotating,
    running,
    sealing,
    setting_up,
)
from app.cli.terminal import in_one_line, prepare, say

cli = typer.Typer(
    help="Kith: a confidential case-support hotline.",
    epilog="Everything is configured by KITH_… variables.",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
)


@cli.callback()
def begin(context: typer.Context) -> None:
    """Do what the caller of ``run`` wants done before a command; help needs nothing."""
    if context.obj is not None:
        context.obj()


cli.command("init")(setting_up.init)
cli.command("migrate")(setting_up.migrate)
cli.command("serve")(running.serve)
cli.command("worker")(running.worker)
cli.command("demo")(running.demo)
cli.command("unseal")(sealing.unseal)
cli.command("panic")(sealing.panic)
cli.command("backup")(archiving.backup)
cli.command("restore")(archiving.restore)
cli.command("rotate")(rotating.rotate)
cli.add_typer(releasing.statistics, name="statistics")
cli.command("check")(checking.check)
cli.command("open")(opening.open_file)
cli.command("drill")(inspecting.drill)
cli.command("verify-audit")(inspecting.verify_audit)


@cli.command()
def version() -> None:
    """Print the version."""
    print(__version__)


def run(arguments: Sequence[str], before: Callable[[], None] | None = None) -> int:
    """Run one command; return its exit code: 1 where it refused or failed, 2 for wrong usage.

    ``before`` is called before the command, and not where only help is asked for.
    """
    try:
        code = cli(
            list(arguments) or ["--help"], prog_name="kith", standalone_mode=False, obj=before
        )
    except typer.TyperException as error:
        say(f"kith: {error.format_message()}")
        return error.exit_code
    except (typer.Abort, KeyboardInterrupt):
        say("kith: stopped")
        return 1
    except Exception as error:  # noqa: BLE001  # its text could hold anything: say only its type
        say(f"kith: {in_one_line(error)}")
        return 1
    if not arguments:
        return 2
    return int(code or 0)


def main() -> None:
    """Start here: ``kith …``."""
    sys.exit(run(sys.argv[1:], prepare))
