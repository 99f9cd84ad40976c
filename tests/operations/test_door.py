"""A sealed server reads nothing until somebody of the desk opens it; the door is its owner's."""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress

import pytest

from app.crypto import KeyFiles, Secret
from app.errors import Forbidden, Unauthenticated
from app.keyring import Keyring
from app.operations.alarm_mark import read_alarm_mark
from app.operations.door import Door
from app.operations.door_calls import make_short_address, raise_alarm, send_seed
from app.operations.operational_seed import open_operational_seed
from app.operations.shared_seed import SharedSeed
from app.store.db import Database
from app.vault.operational_key import open_keyring
from tests.service import PASSPHRASE, House, refusal


@pytest.fixture
def database_kind() -> str:
    """Nothing of this differs on PostgreSQL."""
    return "sqlite"


@pytest.fixture
def sealed(house: House) -> House:
    """A house whose server has just been started again in `unseal` mode."""
    house.seal()
    return house


def test_the_desk_reads_nothing_while_sealed(house: House) -> None:
    case = house.case_of("hello")
    house.seal()
    for path in ("/v1/cases", f"/v1/cases/{case['id']}", "/v1/members/me"):
        assert refusal(house.as_("heron").get(path)) == (503, "sealed")
    assert house.nobody.get("/readyz").json()["key"] == "sealed"
    assert house.nobody.get("/readyz").status_code == 503


def test_a_sign_in_of_the_desk_opens_the_server(sealed: House) -> None:
    assert sealed.sign_in("heron").status_code == 201
    assert sealed.nobody.get("/readyz").json()["key"] == "open"


@contextmanager
def another_process(house: House, shared: SharedSeed | None = None) -> Iterator[Keyring]:
    """What a worker of its own, or another child of the service, holds; it starts sealed."""
    database = Database(house.settings.sqlalchemy_url)
    keys = open_keyring(database, KeyFiles(house.settings.keys_path))
    keys.seal()
    run = house.settings.data_dir / "run"
    door = Door(run, database, house.clock, lambda db, **_: None, shared)
    try:
        yield keys
    finally:
        door.close()
        database.close()


def test_a_sign_in_of_the_desk_opens_other_processes_too(house: House) -> None:
    """Also later: a worker that was started again waits for the next one."""
    with another_process(house) as keys:
        assert house.sign_in("finch").status_code == 201
        assert not keys.is_open
        assert house.sign_in("heron").status_code == 201
        assert keys.is_open


def test_what_is_opened_opens_the_children_that_come_later_until_the_alarm(house: House) -> None:
    run = house.settings.data_dir / "run"
    with closing(SharedSeed()) as shared:
        with another_process(house, shared) as keys:
            assert shared.look(bytes(16)) is None
            send_seed(run, _seed(house, "heron"), read_alarm_mark(run))
            assert keys.is_open
        with another_process(house, shared) as later:
            assert later.is_open
            raise_alarm(run)
        with another_process(house, shared) as last:
            assert not last.is_open


def test_what_is_handed_over_is_the_newest_and_stays() -> None:
    mark = 16 * b"m"
    with closing(SharedSeed()) as shared:
        for seed in (Secret(32 * b"a"), Secret(32 * b"b")):
            shared.keep(seed, mark)
            assert shared.look(mark) == shared.look(mark) == seed
        assert shared.look(bytes(16)) is None, "an alarm was raised since"


def test_a_sign_in_of_somebody_else_does_not(sealed: House) -> None:
    assert sealed.sign_in("finch").status_code == 201
    assert sealed.nobody.get("/readyz").json()["key"] == "sealed"


# -- from the command line


def test_a_desk_member_opens_a_running_server_through_its_socket(sealed: House) -> None:
    seed = _seed(sealed, "heron")
    reached = send_seed(sealed.settings.data_dir / "run", seed, bytes(16))
    assert (reached.told, reached.did) == (1, 1)
    assert sealed.nobody.get("/readyz").json()["key"] == "open"


def _seed(house: House, handle: str, passphrase: str = PASSPHRASE) -> Secret:
    return open_operational_seed(
        house.database,
        handle=handle,
        passphrase=passphrase,
        code=None,
        require_mfa=False,
        now=house.clock(),
    )


def test_neither_a_wrong_passphrase_nor_another_role_opens(sealed: House) -> None:
    with pytest.raises(Unauthenticated):
        _seed(sealed, "heron", "not the passphrase at all")
    with pytest.raises(Forbidden):
        _seed(sealed, "finch")


def test_another_key_is_refused_by_the_socket(sealed: House) -> None:
    reached = send_seed(sealed.settings.data_dir / "run", Secret(32 * b"k"), bytes(16))
    assert (reached.told, reached.did) == (1, 0)
    assert sealed.nobody.get("/readyz").json()["key"] == "sealed"


def test_the_socket_is_its_owners_alone(house: House) -> None:
    folder = house.settings.data_dir / "run"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in folder.glob("*.sock")} == {0o600}


def test_another_user_of_the_machine_opens_nothing_even_with_the_seed(
    sealed: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The kernel's word about the peer is the one thing replaced: tests have one user only."""
    seed = _seed(sealed, "heron")

    class OfAnother(socket.socket):
        def getsockopt(self, *_: int) -> bytes:  # type: ignore[override]
            return struct.pack("3i", 1, os.getuid() + 4242, 4242)

    accept = socket.socket.accept

    def accepted(listening: socket.socket) -> tuple[socket.socket, object]:
        connection, address = accept(listening)
        ours = listening.family != socket.AF_UNIX
        return connection if ours else OfAnother(fileno=connection.detach()), address

    monkeypatch.setattr(socket.socket, "accept", accepted)
    [socket_file] = (sealed.settings.data_dir / "run").glob("*.sock")
    # The door was waiting in the real ``accept`` already, so the first to come ends that wait.
    for offered in (Secret(32 * b"k"), seed):
        with make_short_address(socket_file) as address, socket.socket(socket.AF_UNIX) as client:
            client.connect(address)
            with suppress(BrokenPipeError, ConnectionResetError):  # refused before it was read
                client.sendall(b"O" + bytes(16) + offered)
                assert client.recv(1) == b"-"
    assert sealed.nobody.get("/readyz").json()["key"] == "sealed"


def test_panic_ends_sessions_and_seals_but_takes_texts(house: House) -> None:
    desk = house.as_("heron")
    KeyFiles(house.settings.keys_path).destroy_operational_seed()
    raise_alarm(house.settings.data_dir / "run")
    assert desk.get("/v1/cases").status_code == 401
    assert house.nobody.get("/readyz").json()["key"] == "sealed"
    assert house.phone().text("are you there").http_status == 200
    assert KeyFiles(house.settings.keys_path).operational_seed() is None
