"""``kith statistics``: what the console does, from a shell, through the running server."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.cli.conftest import Kith
from tests.service import PASSPHRASE, House


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_two_people_release_a_month_and_one_exports_it(
    house: House, kith: Kith, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KITH_PORT", str(urlsplit(house.url).port))
    monkeypatch.setenv("KITH_REQUIRE_MFA", "false")
    house.advance(days=20)

    def as_(handle: str, *arguments: str) -> tuple[int, str, str]:
        who = ("--handle", handle, "--passphrase-stdin")
        ran = kith("statistics", *arguments, *who, stdin=PASSPHRASE)
        return ran.code, ran.out, ran.err

    assert "opened   2026-01  due" in as_("magpie", "calendar")[1]
    asked = json.loads(as_("wren", "request", "opened", "2026-01", "--json")[1])
    code, _, said = as_("wren", "confirm", asked["id"])
    assert (code, said.startswith("kith: You asked for this release")) == (1, True)
    assert json.loads(as_("crane", "confirm", asked["id"], "--json")[1])["state"] == "released"
    files = [tmp_path / name for name in ("one.csv", "two.csv")]
    for file in files:
        assert as_("magpie", "export", asked["id"], "--output", str(file))[0] == 0
    assert files[0].read_bytes() == files[1].read_bytes()
    assert files[0].read_text().startswith("period,dimension,category,estimate")


def test_without_a_server_it_says_so(kith: Kith, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KITH_PORT", "9")
    ran = kith("statistics", "calendar", "--handle", "w", "--passphrase-stdin", stdin="x\n\n")
    assert ran.err.startswith("kith: No server answers")
