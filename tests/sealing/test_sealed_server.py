"""A server without its operational key: it takes texts in, says the greeting, and reads nothing."""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from app import audit
from app.crypto import KeyFiles, Secret
from app.errors import Forbidden, Unauthenticated
from app.keyring import Keyring
from app.models import Case, Message, PendingKeyword
from app.operations.door import Door
from app.operations.door_calls import make_short_address, raise_alarm, send_seed
from app.operations.operational_seed import open_operational_seed
from app.operations.shared_seed import SharedSeed
from app.paging.wake import WAKE_TEXT, WakeNumbersRefused, read_wake_numbers
from app.store.db import Database, Db
from app.vault.operational_key import open_keyring
from tests.service import CALLER, PASSPHRASE, House, refusal

GREETING = "Hello / Bonjour."


def _seal(house: House) -> None:
    """Leave the server as a restart in `unseal` mode leaves it."""
    assert house.database.keys is not None
    house.database.keys.seal()


@pytest.fixture
def sealed(house: House) -> House:
    """A house whose server has just been started again in `unseal` mode."""
    _seal(house)
    return house


def _count(house: House, model: type) -> int:
    with house.database.snapshot() as db:
        return db.scalar(select(func.count()).select_from(model)) or 0


def test_texts_are_taken_in_and_answered_with_the_greeting_once(sealed: House) -> None:
    said = sealed.phone().says("they are here", "please", "hello?")
    assert [text[:16] for text in said] == [GREETING]
    assert _count(sealed, Case) == 1
    assert _count(sealed, Message) == 3


@pytest.mark.parametrize("word", ["STOP", "ARRET", "X", "ERASE"])
def test_words_that_must_bind_are_not_answered_but_wait(sealed: House, word: str) -> None:
    assert sealed.phone().says(word) == []
    assert _count(sealed, PendingKeyword) == 1


def test_the_desk_reads_nothing_while_sealed(house: House) -> None:
    case = house.case_of("hello")
    _seal(house)
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
            assert shared.look() is None
            send_seed(run, _seed(house, "heron"))
            assert keys.is_open
        with another_process(house, shared) as later:
            assert later.is_open
            raise_alarm(run)
        with another_process(house, shared) as last:
            assert not last.is_open


def test_what_is_handed_over_is_the_newest_and_stays() -> None:
    with closing(SharedSeed()) as shared:
        for seed in (Secret(32 * b"a"), Secret(32 * b"b")):
            shared.keep(seed)
            assert shared.look() == shared.look() == seed


def test_a_sign_in_of_somebody_else_does_not(sealed: House) -> None:
    assert sealed.sign_in("finch").status_code == 201
    assert sealed.nobody.get("/readyz").json()["key"] == "sealed"


def test_three_in_the_morning(house: House) -> None:
    """A restart, five texts with a STOP and a duplicate among them, and one person who wakes up."""
    case = house.case_of("hello", "2")
    house.advance(minutes=1)
    _seal(house)
    caller = house.phone(CALLER)
    before = len(caller.inbox())
    house.network.faults("webhook-duplicate", count=1)
    caller.says("they took him", "are you there?", "ARRET", "please", "he is at Laval")
    assert [text[:16] for text in caller.inbox()[before:]] == [GREETING]

    house.sign_in("heron")
    house.settle()

    assert [found["id"] for found in house.queue()] == [case["id"]]
    bodies = [m["body"] for m in house.read(case["id"])["messages"] if m["direction"] == "inbound"]
    assert bodies == [
        "hello", "2", "they took him", "are you there?", "ARRET", "please", "he is at Laval"
    ]  # fmt: skip
    refused = house.as_("heron").post(f"/v1/cases/{case['id']}/messages", {"body": "we are here"})
    assert refused.json()["type"] == "urn:kith:number-suppressed"
    assert len(caller.inbox()) == before + 1


def test_a_phone_that_was_not_known_gets_a_case_of_its_own(sealed: House) -> None:
    sealed.phone("+15145550177").says("they took my brother")
    sealed.sign_in("heron")
    sealed.settle()
    [case] = sealed.queue()
    assert case["urgency"] == 0
    assert sealed.read(case["id"])["contact"]["number_masked"].endswith("77")
    sealed.phone("+15145550177").says("are you there")
    assert len(sealed.queue()) == 1


def test_an_erase_that_waited_starts_its_dialogue(sealed: House) -> None:
    sealed.phone().says("ERASE")
    sealed.sign_in("heron")
    sealed.settle()
    assert any(character.isdigit() for character in sealed.phone().inbox()[-1])


# -- from the command line


def test_a_desk_member_opens_a_running_server_through_its_socket(sealed: House) -> None:
    seed = _seed(sealed, "heron")
    reached = send_seed(sealed.settings.data_dir / "run", seed)
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
    reached = send_seed(sealed.settings.data_dir / "run", Secret(32 * b"k"))
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
                client.sendall(b"O" + offered)
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


# -- waking somebody


@pytest.fixture
def wakeable(open_house: Callable[..., House], tmp_path: Path) -> House:
    """A sealed house that knows one number to wake."""
    numbers = tmp_path / "wake.txt"
    numbers.write_text("# who agreed to it\n+15145550170\n")
    numbers.chmod(0o600)
    house = open_house(wake_numbers_file=numbers)
    _seal(house)
    return house


def test_a_sealed_server_wakes_somebody_again_and_again(wakeable: House) -> None:
    wakeable.advance(minutes=2)
    wakeable.phone().says("they took him")
    wakeable.advance(minutes=16)
    assert wakeable.phone("+15145550170").inbox() == [WAKE_TEXT, WAKE_TEXT]


def test_an_open_server_wakes_nobody(wakeable: House) -> None:
    wakeable.sign_in("heron")
    wakeable.advance(minutes=40)
    assert wakeable.phone("+15145550170").inbox() == []


@pytest.mark.parametrize("content", ["nobody\n", "\n".join(f"+1514555010{n}" for n in range(6))])
def test_a_bad_file_of_numbers_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "wake.txt"
    path.write_text(content)
    path.chmod(0o600)
    with pytest.raises(WakeNumbersRefused):
        read_wake_numbers(path)


def test_a_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "wake.txt"
    path.write_text("+15145550170\n")
    path.chmod(0o644)
    with pytest.raises(WakeNumbersRefused):
        read_wake_numbers(path)


def test_what_was_sealed_is_taken_over_also_where_the_opening_half_failed(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert house.database.keys is not None
    house.database.keys.seal()
    house.phone("+15145550177").text("they took him")
    house.settle()
    record = audit.record

    def broken(db: Db, kind: str, *rest: Any) -> None:
        if kind == "session.started":
            raise OSError("no space left")
        record(db, kind, *rest)

    with monkeypatch.context() as full:
        full.setattr(audit, "record", broken)
        assert house.sign_in("heron").status_code == 503
    assert house.sign_in("heron").status_code == 201
    house.advance(minutes=2)
    with house.database.snapshot() as db:
        assert not db.scalars(select(Case).where(Case.provisional)).all()
