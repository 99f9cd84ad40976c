"""The README's commands install the locked packages, with any pip, whatever was released since."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.set_up.index import build_index, read_pins

ROOT = Path(__file__).parents[2]
LOCKS = ("requirements.lock", "requirements-test.lock")
PIPS = sorted(path.stem for path in (ROOT / "tests/set_up/pips").glob("*.txt"))
# Real wheels of those, put there by `make`.
WHEELS = ROOT / ".venv/pips"


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an index, and the files that `make` reads, locked to what that index has."""
    folder = tmp_path_factory.mktemp("set-up")
    locks = build_index(
        folder / "index", {name: (ROOT / name).read_text() for name in LOCKS}, WHEELS
    )
    clone = folder / "clone"
    clone.mkdir()
    for name, lock in locks.items():
        (clone / name).write_text(lock)
    for name in ("Makefile", "pyproject.toml"):
        shutil.copy(ROOT / name, clone)
    return folder


def clone_of(prepared: Path, tmp_path: Path) -> Path:
    return shutil.copytree(prepared / "clone", tmp_path / "clone")


def environment(prepared: Path) -> Mapping[str, str]:
    """This process's environment, without this machine's settings for pip and Python."""
    own = {k: v for k, v in os.environ.items() if not k.startswith(("PIP_", "PYTHON"))}
    return own | {
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_INDEX_URL": (prepared / "index").as_uri(),
        "PIP_NO_CACHE_DIR": "1",
        "PIP_COMPILE": "0",  # most of it runs never
        "PYTHON": sys.executable,
    }


def run_make(clone: Path, prepared: Path, target: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["make", target],
        cwd=clone,
        env=environment(prepared),
        check=False,
        capture_output=True,
        text=True,
    )


def make_environment_with(pip: str, clone: Path) -> Path:
    """Make ``.venv`` as `make` would, with one version of pip."""
    [wheel] = WHEELS.glob(f"pip-{pip}-*.whl")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", clone / ".venv"], check=True)
    python = clone / ".venv/bin/python"
    [packages] = clone.glob(".venv/lib/python*/site-packages")
    with zipfile.ZipFile(wheel) as archive:  # faster than to install it with itself
        archive.extractall(packages)
    (clone / ".venv/bin/pip").write_text(f"#!{python}\nfrom pip import main\nmain()\n")
    (clone / ".venv/pips").mkdir()
    return python


def installed_by(python: Path) -> set[str]:
    program = (
        "from importlib.metadata import distributions as d\n"
        "for one in d(): print(one.metadata['Name'].lower() + '==' + one.version)"
    )
    ended = subprocess.run([python, "-c", program], check=True, capture_output=True, text=True)
    return set(ended.stdout.split())


def locked() -> set[str]:
    return {f"{pin.name}=={pin.version}" for pin in read_pins((ROOT / LOCKS[1]).read_text())}


def test_the_newest_pip_is_the_locked_one() -> None:
    assert f"pip=={PIPS[-1]}" in locked()


@pytest.mark.parametrize("pip", PIPS)
def test_every_pip_installs_exactly_what_is_locked(
    pip: str, prepared: Path, tmp_path: Path
) -> None:
    clone = clone_of(prepared, tmp_path)
    python = make_environment_with(pip, clone)
    ended = run_make(clone, prepared, ".venv/test.stamp")
    assert ended.returncode == 0, ended.stderr
    assert installed_by(python) - locked() == {"kith==1"}


def test_the_demo_installs_too(prepared: Path, tmp_path: Path) -> None:
    clone = clone_of(prepared, tmp_path)
    ended = run_make(clone, prepared, ".venv/run.stamp")
    assert ended.returncode == 0, ended.stderr


def test_a_lock_file_that_lacks_a_package_is_refused(prepared: Path, tmp_path: Path) -> None:
    clone = clone_of(prepared, tmp_path)
    entries = re.split(r"\n(?=\S)", (clone / LOCKS[0]).read_text())
    kept = [one for one in entries if one.startswith(("alembic==", "hatchling=="))]
    (clone / LOCKS[0]).write_text("\n".join(kept))
    make_environment_with(PIPS[-1], clone)
    ended = run_make(clone, prepared, ".venv/run.stamp")
    assert ended.returncode != 0
    assert "requires mako, which is not installed" in ended.stdout.lower()
    assert not (clone / ".venv/run.stamp").exists()
