"""``kith backup`` and ``kith restore``, as an operator types them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.crypto import KeyFiles
from app.crypto.totp import make_totp_code
from tests.cli.conftest import PASSPHRASE, Initialised, Kith
from tests.cli.test_init import totp_secret

WORD = f"{datetime.now(UTC):%Y-%m-%d}"


@pytest.fixture
def printed_key(made: Kith, initialised: Initialised, tmp_path: Path) -> Path:
    """A file with the backup key that ``kith init`` printed."""
    key = tmp_path / "backup-key.txt"
    key.write_text(initialised.printed["backup_key"] + "\n")
    return key


@pytest.fixture
def archive(kith: Kith, printed_key: Path, tmp_path: Path) -> str:
    made = json.loads(kith("backup", str(tmp_path / "archives")).out)
    assert made["rows"] > 0
    assert made["bytes"] == Path(made["archive"]).stat().st_size
    return str(made["archive"])


@pytest.fixture
def elsewhere(archive: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """From now on the data directory is an empty one."""
    folder = tmp_path / "elsewhere"
    monkeypatch.setenv("KITH_DATA_DIR", str(folder))
    return folder


def test_what_was_backed_up_comes_back(
    kith: Kith, archive: str, printed_key: Path, elsewhere: Path
) -> None:
    ran = kith("restore", archive, "--key-file", str(printed_key), "--acknowledge", WORD)
    assert ran.code == 0, ran.err
    assert json.loads(ran.out)["rows"] > 0
    assert kith("verify-audit").code == 0
    again = kith("restore", archive, "--key-file", str(printed_key), "--acknowledge", WORD)
    assert again.err.startswith("kith: There is data here already.")


def test_where_the_key_lies_in_a_file_it_says_how_it_gets_there_again(
    kith: Kith,
    archive: str,
    printed_key: Path,
    elsewhere: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("KITH_OPERATIONAL_KEY", "file")
    monkeypatch.setenv("KITH_REQUIRE_MFA", "false")
    ran = kith("restore", archive, "--key-file", str(printed_key), "--acknowledge", WORD)
    assert "run `kith unseal` once" in ran.err
    ran = kith("unseal", "--handle", "wren", "--passphrase-stdin", "--json", stdin=PASSPHRASE)
    assert json.loads(ran.out) == {"opened": 0, "key_on_disk": True}
    seed = KeyFiles(elsewhere / "keys").operational_seed()
    assert seed is not None
    assert seed != KeyFiles(elsewhere / "keys").integrity


def test_a_key_is_asked_for_with_the_code_of_the_app(
    kith: Kith, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = kith("init", "--handle", "wren", "--passphrase-stdin", "--json", stdin=PASSPHRASE)
    secret = totp_secret(json.loads(made.out)["totp_uri"])
    unseal = ("unseal", "--handle", "wren", "--passphrase-stdin", "--json")
    refused = kith(*unseal, stdin=PASSPHRASE)
    assert (refused.code, refused.out) == (1, "")
    code = make_totp_code(secret, datetime.now(UTC))
    ran = kith(*unseal, stdin=f"{PASSPHRASE}{code}\n")
    assert "No running server" in ran.err  # the code was taken
    wrong = kith(*unseal, stdin=f"{PASSPHRASE}000000\n")
    assert wrong.err == refused.err
    assert kith(*unseal, "--code", code).code == 2  # never in argv, where others read it


def test_the_backup_key_may_come_from_standard_input(
    kith: Kith, archive: str, printed_key: Path, elsewhere: Path
) -> None:
    key = printed_key.read_text()
    ran = kith("restore", archive, "--key-file", "-", "--acknowledge", WORD, stdin=key)
    assert ran.code == 0, ran.err


def test_without_an_anchor_it_says_what_to_type(
    kith: Kith, archive: str, printed_key: Path, elsewhere: Path
) -> None:
    ran = kith("restore", archive, "--key-file", str(printed_key))
    assert (ran.code, ran.err.count("\n")) == (1, 1)
    assert f"type {WORD}" in ran.err
    assert not elsewhere.exists()


def test_refusals_are_one_line_and_leave_nothing(
    kith: Kith, archive: str, printed_key: Path, elsewhere: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other-key.txt"
    other.write_text("MZXW-6YTB-OI======\n")
    short = Path(tmp_path / "short")
    short.write_bytes(Path(archive).read_bytes()[:5000])
    for given in (
        (archive, str(other)),
        (str(short), str(printed_key)),
        (str(printed_key), str(printed_key)),
        (str(tmp_path / "absent"), str(printed_key)),
        (archive, str(tmp_path / "absent")),
    ):
        ran = kith("restore", given[0], "--key-file", given[1], "--acknowledge", WORD)
        assert (ran.code, ran.err.count("\n")) == (1, 1), ran.err
        assert "unforeseen" not in ran.err
        assert not list(elsewhere.glob("kith.db*"))


def test_before_init_there_is_nothing_to_back_up(kith: Kith, tmp_path: Path) -> None:
    ran = kith("backup", str(tmp_path / "archives"))
    assert ran.err == "kith: There is no organisation here yet. Run `kith init` first.\n"
