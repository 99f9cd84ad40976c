"""A vulnerable package fails the check, and so does an audit that reached no advisories."""

from __future__ import annotations

import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

report: Callable[[list[dict[str, Any]]], int] = runpy.run_path(
    str(Path(__file__).parent.parent / ".ci" / "dependency_audit.py")
)["report"]

SOUND = {"name": "sound", "version": "1.0", "vulns": []}
UNASKED = {"name": "unasked", "skip_reason": "not found"}
VULNERABLE = {
    "name": "leaky",
    "version": "0.9",
    "vulns": [{"id": "EXAMPLE-1", "fix_versions": ["1.0"]}],
}


def test_sound_packages_pass_quietly(capsys: pytest.CaptureFixture[str]) -> None:
    assert report([SOUND]) == 0
    assert capsys.readouterr().out == "1 packages audited, 0 vulnerable\n"


def test_a_vulnerable_package_fails_and_says_what_mends_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert report([SOUND, VULNERABLE]) == 1
    assert "leaky 0.9: EXAMPLE-1, mended in 1.0" in capsys.readouterr().out


def test_what_could_not_be_asked_is_said_loudly(capsys: pytest.CaptureFixture[str]) -> None:
    assert report([SOUND, UNASKED]) == 0
    assert "!!! 1 PACKAGES NOT AUDITED" in capsys.readouterr().out


@pytest.mark.parametrize(("packages", "how_many"), [([], "ALL"), ([UNASKED, UNASKED], "2")])
def test_an_audit_of_nothing_fails(
    packages: list[dict[str, Any]],
    how_many: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("AUDIT_UNREACHABLE", raising=False)
    assert report(packages) == 3
    assert f"!!! {how_many} PACKAGES NOT AUDITED" in capsys.readouterr().out


@pytest.mark.parametrize(("packages", "status"), [([], 0), ([UNASKED], 0), ([VULNERABLE], 1)])
def test_a_machine_without_advisories_may_say_so(
    packages: list[dict[str, Any]], status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUDIT_UNREACHABLE", "warn")
    assert report(packages) == status
