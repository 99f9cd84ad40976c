"""The units of systemd, judged by systemd itself and by what Kith understands."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
import typer

from app.cli import cli
from app.settings import load_settings
from tests.deployment.conftest import REPOSITORY, program, text

UNITS = sorted(path.name for path in (REPOSITORY / "deploy").glob("kith*.service"))
each_unit = pytest.mark.parametrize("unit", UNITS)


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """The units as they would be installed, with a program that is there."""
    for path in (REPOSITORY / "deploy").glob("kith*.*er*"):
        unit = path.read_text(encoding="utf-8").replace("/opt/kith/venv/bin/kith", "/bin/true")
        (tmp_path / path.name).write_text(unit, encoding="utf-8")
    return tmp_path


def test_systemd_understands_them(installed: Path) -> None:
    analyze = program("systemd-analyze", "systemd")
    units = [str(path) for path in sorted(installed.iterdir())]
    assert len(units) == 4
    asked = subprocess.run([analyze, "verify", *units], capture_output=True, text=True, check=False)
    ours = [line for line in asked.stderr.splitlines() if "kith" in line]
    assert (asked.returncode, ours) == (0, [])


@each_unit
def test_systemd_calls_them_well_closed(installed: Path, unit: str) -> None:
    analyze = program("systemd-analyze", "systemd")
    words = [analyze, "security", "--offline=true", "--threshold=25", "--no-pager", unit]
    asked = subprocess.run(words, cwd=installed, capture_output=True, text=True, check=False)
    assert asked.returncode == 0, asked.stdout[-200:] + asked.stderr


@each_unit
def test_they_keep_memory_off_the_disk(unit: str) -> None:
    lines = text(f"deploy/{unit}").splitlines()
    assert {"LimitCORE=0", "MemorySwapMax=0", "NoNewPrivileges=yes", "UMask=0077"} <= set(lines)


@each_unit
def test_they_start_commands_with_options_that_exist(unit: str) -> None:
    [start] = re.findall(r"^ExecStart=(.*)$", text(f"deploy/{unit}"), re.MULTILINE)
    program_path, command, *arguments = shlex.split(start)
    assert program_path.endswith("/kith")
    known = typer.main.get_command(cli).commands[command]  # type: ignore[attr-defined]
    options = {option for parameter in known.params for option in parameter.opts}
    assert {word for word in arguments if word.startswith("--")} <= options


def test_kith_accepts_the_example(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for line in text("deploy/kith.env.example").splitlines():
        if not line or line.startswith("#"):
            continue
        name, value = line.split("=", 1)
        if value.startswith("/etc/kith/secrets/"):
            secret = tmp_path / Path(value).name
            secret.write_text("something\n", encoding="utf-8")
            value = str(secret)
        monkeypatch.setenv(name, value)
    settings = load_settings()
    assert settings.environment == "production"
    assert settings.on_sqlite
    assert settings.metrics_token


def test_the_operators_wrapper_is_a_shell_script() -> None:
    shell = shutil.which("sh")
    assert shell
    subprocess.run([shell, "-n", str(REPOSITORY / "deploy" / "kith-admin")], check=True)
    assert (REPOSITORY / "deploy" / "kith-admin").stat().st_mode & 0o111
