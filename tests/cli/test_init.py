"""``kith init``: everything is made once, and printed once."""

from __future__ import annotations

import base64
import json
import stat
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from app.clock import Clock
from app.crypto import KeyFiles
from app.crypto.totp import make_totp_code
from app.main import open_database
from app.members.session_stores import MemorySessions
from app.members.sessions import SignedIn, sign_in
from app.members.sign_in_throttle import SignInThrottle
from app.settings import load_settings
from app.store.schema import downgrade_schema
from app.vault.backup_keys import make_backup_pair, read_backup_key, read_backup_public
from tests.cli.conftest import PASSPHRASE, Kith

INIT = ("init", "--handle", "wren", "--passphrase-stdin", "--json")


@pytest.fixture(params=["sqlite", "postgresql"])
def where(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The database that is set up: the embedded one, or PostgreSQL."""
    if request.param == "postgresql":
        url = request.getfixturevalue("postgresql_url")
        downgrade_schema(url, "base")
        monkeypatch.setenv("KITH_DATABASE_URL", url)


def printed(kith: Kith) -> dict[str, Any]:
    ran = kith(*INIT, stdin=PASSPHRASE)
    assert (ran.code, ran.err) == (0, "")
    result: dict[str, Any] = json.loads(ran.out)
    return result


def test_it_prints_once_what_nobody_can_make_again(kith: Kith, where: None) -> None:
    result = printed(kith)
    assert set(result) == {"member", "recovery_code", "totp_uri", "backup_key", "root_fingerprint"}
    assert result["member"]["handle"] == "wren"
    assert result["member"]["roles"] == ["coordinator", "dispatcher"]


def test_a_passphrase_that_is_no_text_is_refused_in_one_line(kith: Kith) -> None:
    ran = kith(*INIT, stdin=b"seven quiet \xff herons\n")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == "kith: the passphrase has to be UTF-8 text\n"


def test_it_refuses_to_run_twice_and_changes_nothing(kith: Kith, where: None) -> None:
    printed(kith)
    before = keys_on_disk()
    ran = kith(*INIT, stdin=PASSPHRASE)
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == (
        "kith: This data directory or database already holds an organisation; "
        "nothing was changed.\n"
    )
    assert keys_on_disk() == before


def keys_on_disk() -> dict[str, bytes]:
    folder = load_settings().keys_path
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_first_member_signs_in_with_what_was_printed(kith: Kith, where: None) -> None:
    secret = totp_secret(printed(kith)["totp_uri"])
    signed_in = signing_in(make_totp_code(secret, datetime.now(UTC)))
    assert signed_in.principal.roles == {"coordinator", "dispatcher"}


def totp_secret(uri: str) -> bytes:
    [secret] = parse_qs(urlsplit(uri).query)["secret"]
    return base64.b32decode(secret)


def signing_in(code: str) -> SignedIn:
    settings, clock = load_settings(), Clock()
    database = open_database(settings, clock)
    try:
        return sign_in(
            database,
            MemorySessions(),
            SignInThrottle(),
            handle="wren",
            passphrase=PASSPHRASE.strip(),
            code=code,
            require_mfa=True,
            now=clock(),
        )
    finally:
        database.close()


def test_the_operational_key_is_kept_only_where_that_was_chosen(
    kith: Kith, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    printed(kith)
    assert KeyFiles(load_settings().keys_path).operational_seed() is None
    monkeypatch.setenv("KITH_DATA_DIR", str(tmp_path / "other"))
    monkeypatch.setenv("KITH_OPERATIONAL_KEY", "file")
    printed(kith)
    assert KeyFiles(load_settings().keys_path).operational_seed() is not None


def test_the_backup_key_is_not_on_the_server_but_its_public_half_is(kith: Kith) -> None:
    seed = read_backup_key(printed(kith)["backup_key"])
    files = KeyFiles(load_settings().keys_path)
    assert read_backup_public(files) == make_backup_pair(seed).public
    assert not any(bytes(seed) in content for content in keys_on_disk().values())


def test_every_key_file_is_its_owners_alone(kith: Kith) -> None:
    printed(kith)
    folder = load_settings().keys_path
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert KeyFiles(folder).unsafe_files() == []


@pytest.mark.parametrize(
    ("handle", "passphrase", "said"),
    [
        ("Anna Maria", PASSPHRASE, "a pseudonym"),
        ("wren", "short\n", "at least 12 characters"),
        ("wren", "", "at least 12 characters"),
    ],
)
def test_what_cannot_be_used_is_refused_before_anything_is_made(
    kith: Kith, handle: str, passphrase: str, said: str
) -> None:
    ran = kith("init", "--handle", handle, "--passphrase-stdin", stdin=passphrase)
    assert ran.code == 1
    assert said in ran.err
    assert not load_settings().data_dir.exists()


def test_without_a_terminal_it_asks_for_options(kith: Kith) -> None:
    ran = kith("init")
    assert (ran.code, ran.out) == (1, "")
    assert "no terminal" in ran.err


def test_a_database_out_of_reach_is_said_in_one_line(
    kith: Kith, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KITH_DATABASE_URL", "postgresql+psycopg://nobody:secret@127.0.0.1:9/kith")
    ran = kith(*INIT, stdin=PASSPHRASE)
    assert ran.code == 1
    assert ran.err.startswith("kith: the database cannot be reached")
    assert ran.err.count("\n") == 1
    assert "secret" not in ran.err
