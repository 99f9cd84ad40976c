"""After an alarm nothing that began before it opens anything; a new sign-in does."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.cli import sealing
from app.crypto import KeyFiles, Secret
from app.members import MemorySessions, SignInThrottle, sessions, sign_in
from app.operations.alarm_mark import read_alarm_mark
from app.operations.door import Door
from app.operations.door_calls import make_short_address, raise_alarm
from app.store.db import Database
from app.vault.operational_key import open_keyring
from tests.service import PASSPHRASE, House, refusal, work_on_passphrase


@pytest.fixture
def database_kind() -> str:
    """Nothing of this differs on PostgreSQL but the sessions, which have a test of their own."""
    return "sqlite"


def run_of(house: House) -> Path:
    return house.settings.data_dir / "run"


def key_of(house: House) -> str:
    return str(house.nobody.get("/readyz").json()["key"])


def alarm(house: House) -> None:
    """Type ``kith panic``."""
    KeyFiles(house.settings.keys_path).destroy_operational_seed()
    raise_alarm(run_of(house))


@contextmanager
def another_process(
    house: House, *, starting: Callable[[], None] | None = None
) -> Iterator[Database]:
    """Another process of this data directory; ``starting`` happens before it has a door."""
    database = Database(house.settings.sqlalchemy_url)
    open_keyring(database, KeyFiles(house.settings.keys_path))
    if starting:
        starting()
    door = Door(run_of(house), database, house.clock, lambda db, **_: None)
    try:
        yield database
    finally:
        door.close()
        database.close()


@contextmanager
def out_of_hearing(house: House, before: set[Path]) -> Iterator[None]:
    """Let the alarm not reach the processes that came after ``before`` yet."""
    [late] = set(run_of(house).glob("*.sock")) - before
    hidden = late.rename(late.with_suffix(".late"))
    yield
    hidden.rename(late)


def sign_in_at(database: Database, house: House) -> None:
    sign_in(
        database,
        MemorySessions(),
        SignInThrottle(),
        handle="heron",
        passphrase=PASSPHRASE,
        code=None,
        require_mfa=False,
        now=house.clock(),
    )


def test_a_sign_in_at_a_process_that_has_not_heard_opens_no_other(house: House) -> None:
    before = set(run_of(house).glob("*.sock"))
    with another_process(house) as database:
        with out_of_hearing(house, before):
            alarm(house)
        assert key_of(house) == "sealed"
        sign_in_at(database, house)
        assert key_of(house) == "sealed"
        assert database.keys is not None
        raise_alarm(run_of(house))  # now it hears, too
        assert not database.keys.is_open
        assert house.sign_in("heron").status_code == 201
        assert key_of(house) == "open"
        assert database.keys.is_open, "a new sign-in opens all"


@pytest.mark.parametrize("database_kind", ["sqlite", "postgresql"])
def test_a_sign_in_that_began_before_the_alarm_opens_nothing(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slowly(passphrase: str, salt: bytes) -> Secret:
        alarm(house)
        return work_on_passphrase(passphrase, salt)

    monkeypatch.setattr(sessions, "derive_passphrase_key", slowly)
    assert refusal(house.sign_in("heron")) == (401, "unauthenticated")
    assert key_of(house) == "sealed"
    heron = house.residents["heron"].id
    with house.database.snapshot() as db:
        assert house.service.sessions.of_member(db, heron) == []
    monkeypatch.setattr(sessions, "derive_passphrase_key", work_on_passphrase)
    assert house.sign_in("heron").status_code == 201
    assert key_of(house) == "open"


def test_a_message_to_the_socket_that_is_sent_again_opens_nothing(house: House) -> None:
    assert house.database.keys is not None
    assert house.database.keys.operational is not None
    seed, run = house.database.keys.operational.seed, run_of(house)
    recorded = b"O" + read_alarm_mark(run) + seed
    assert _send(run, recorded) == b"+"
    alarm(house)
    assert _send(run, recorded) == b"-"
    assert key_of(house) == "sealed"
    alarm(house)
    assert _send(run, b"O" + bytes(16) + seed) == b"-", "nor one from before all alarms"
    assert house.sign_in("heron").status_code == 201
    assert key_of(house) == "open"


def _send(run: Path, call: bytes) -> bytes:
    [path] = run.glob("*.sock")
    with make_short_address(path) as address, socket.socket(socket.AF_UNIX) as client:
        client.connect(address)
        client.sendall(call)
        return client.recv(1)


def test_a_process_that_starts_while_the_key_is_taken_away_is_sealed(house: House) -> None:
    files = KeyFiles(house.settings.keys_path)
    with another_process(house, starting=files.destroy_operational_seed) as database:
        assert database.keys is not None
        assert not database.keys.is_open


def test_kith_unseal_that_began_before_the_alarm_opens_nothing(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert house.database.keys is not None
    assert house.database.keys.operational is not None
    seed = house.database.keys.operational.seed

    def typed(*_: object, **__: object) -> Secret:
        alarm(house)
        return seed

    monkeypatch.setattr(sealing, "settings", lambda: house.settings)
    monkeypatch.setattr(sealing, "_open_seed", typed)
    with pytest.raises(sealing.AlarmRaised):
        sealing.unseal("heron")
    assert key_of(house) == "sealed"
    assert KeyFiles(house.settings.keys_path).operational_seed() is None
    monkeypatch.setattr(sealing, "_open_seed", lambda *_, **__: seed)
    sealing.unseal("heron")
    assert key_of(house) == "open"


def test_roots_mark_is_the_services_to_read(house: House) -> None:
    alarm(house)
    mark, folder = run_of(house) / "alarm", run_of(house)
    assert mark.stat().st_uid == folder.stat().st_uid
    assert mark.stat().st_mode & 0o777 == 0o600
