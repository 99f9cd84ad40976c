"""The Dockerfile, read and (but for what only an engine can do) carried out."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from deploy import check_dockerfile
from deploy.check_dockerfile import Failed, Image, Instruction
from tests.deployment.conftest import REPOSITORY, text

BUILD, FINAL = check_dockerfile.parse(text("Dockerfile"))
LAST = {instruction.word: instruction for instruction in FINAL}


def test_it_ends_as_somebody_without_rights() -> None:
    assert LAST["USER"].rest == "10001:10001"
    assert [i.word for i in FINAL].index("USER") > [i.word for i in FINAL].index("RUN")


def test_both_stages_are_of_the_same_pinned_python() -> None:
    bases = [stage[0].rest.split(" ")[0] for stage in (BUILD, FINAL)]
    assert bases[0] == bases[1]
    assert bases[0].startswith("python:3.11-slim-")


def test_packages_come_with_their_hashes() -> None:
    installs = [i.rest for i in BUILD if "pip install" in i.rest]
    assert len(installs) == 2
    assert "--require-hashes --no-deps" in installs[0]
    assert "--no-deps --no-build-isolation" in installs[1]
    assert "pip check" in installs[1]


def test_nothing_secret_is_copied_or_set() -> None:
    copied = {name for i in (*BUILD, *FINAL) if i.word == "COPY" for name in i.rest.split()[:-1]}
    assert copied <= {
        *("requirements.lock", "pyproject.toml", "README.md", "LICENSE", "app", "migrations"),
        *("--from=build", "/opt/kith"),
    }
    settings = " ".join(i.rest for i in (*BUILD, *FINAL) if i.word in {"ENV", "ARG"})
    assert not [word for word in ("TOKEN", "SECRET", "PASS", "DATABASE") if word in settings]


def test_its_health_is_asked_on_the_port_it_listens_on() -> None:
    assert "KITH_PORT" in LAST["HEALTHCHECK"].exec_form[-1]
    assert "/healthz" in LAST["HEALTHCHECK"].exec_form[-1]


@pytest.mark.parametrize("name", [".env", "var", "secrets"])
def test_dockerignore_keeps_data_away(name: str) -> None:
    assert name not in check_dockerfile.let_through(text(".dockerignore"))


def test_lines_are_joined_and_comments_left_out() -> None:
    [[start, run]] = check_dockerfile.parse("# a\nFROM x AS y\nRUN one \\\n && two\n")
    assert (start.rest, run) == ("x AS y", Instruction("RUN", "one && two"))


def test_paths_of_the_image_lie_below_the_folder() -> None:
    image = Image(REPOSITORY)
    assert image.within("/opt/kith/bin/x /build /var/lib/kith-keys") == (
        f"{REPOSITORY}/opt/kith/bin/x {REPOSITORY}/build {REPOSITORY}/var/lib/kith-keys"
    )
    assert image.within("/usr/bin/env ./build x/build") == "/usr/bin/env ./build x/build"


def test_what_the_script_does_not_know_is_refused() -> None:
    with pytest.raises(Failed, match="ONBUILD"):
        check_dockerfile._step(Image(REPOSITORY), Instruction("ONBUILD", "x"), set(), "python")


def test_its_steps_work() -> None:
    """With the packages of this environment; without ``--lend`` they are downloaded, by hand."""
    tool = pytest.importorskip(
        "hatchling", reason="NOT CHECKED: the build tool of the lock is missing"
    )
    words = [sys.executable, "deploy/check_dockerfile.py", "--python", sys._base_executable]  # type: ignore[attr-defined]
    lend = ["--lend", str(Path(tool.__file__).parents[1])]  # wherever this environment has them
    ended = subprocess.run(
        [*words, *lend], cwd=REPOSITORY, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "serve becomes healthy" in ended.stdout
