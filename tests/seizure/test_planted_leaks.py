"""The seizure test sees a leak of every class: each is planted here, and must be found."""

from __future__ import annotations

import base64
import json
import logging
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from app.crypto import Context, KeyFiles, Purpose, forgotten_on, lock, pad_field, remember
from app.operations.drill.keys import find_keys_in_folder
from app.process.logs import configure_logs
from tests import postgres
from tests.seizure.adversary import Dump, Row, operational, plunder, sealed, search_rows
from tests.seizure.canaries import Canary, find, search, word
from tests.seizure.conftest import Seized

CANARY = word("planted/x", "sealed", 'été "quoted"')


def places(folder: Path, canary: Canary = CANARY) -> set[str]:
    return {place for place, _, _ in search(folder, [canary])}


# -- forms


@pytest.mark.parametrize(
    "written",
    [
        lambda text: text.encode(),
        lambda text: text.encode("utf-16-le"),
        lambda text: text.encode("utf-16-be"),
        lambda text: text.encode().hex().encode(),
        lambda text: text.encode().hex().upper().encode(),
        lambda text: base64.b64encode(text.encode()),
        lambda text: base64.b64encode(b"1" + text.encode() + b"!"),
        lambda text: base64.b64encode(b"12" + text.encode() + b"!!"),
        lambda text: base64.urlsafe_b64encode(b"12" + text.encode()),
        lambda text: json.dumps({"body": text}).encode(),
        lambda text: text.encode("latin-1"),
    ],
)
def test_a_word_is_seen_in_every_form(written: Callable[[str], bytes]) -> None:
    noise = bytes(range(256))
    assert find(noise + written(CANARY.text) + noise, [CANARY])
    assert not find(noise + written("something else altogether") + noise, [CANARY])


# -- words


@pytest.fixture
def plain_logging(tmp_path: Path) -> Iterator[Path]:
    """A log as any program would keep it."""
    (tmp_path / "logs").mkdir()
    path = tmp_path / "logs" / "service.log"
    handler = logging.FileHandler(path)
    logger = logging.getLogger("planted")
    logger.addHandler(handler)
    yield path
    logger.removeHandler(handler)
    handler.close()


def test_a_log_line_is_seen(plain_logging: Path, tmp_path: Path) -> None:
    logging.getLogger("planted").error("received %s", CANARY.text)
    assert places(tmp_path) == {"logs/service.log"}


def test_the_text_of_an_exception_is_seen(plain_logging: Path, tmp_path: Path) -> None:
    _fail(logging.getLogger("planted"))
    assert places(tmp_path) == {"logs/service.log"}


def test_our_own_logging_says_nothing_of_an_exceptions_text(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    root = logging.getLogger()
    for name in ("handlers", "level"):
        monkeypatch.setattr(root, name, getattr(root, name))
    stream = StringIO()
    configure_logs("DEBUG", stream)
    logging.captureWarnings(capture=False)
    _fail(logging.getLogger("planted"))
    assert "ValueError" in stream.getvalue()
    assert not find(stream.getvalue().encode(), [CANARY])


def _fail(logger: logging.Logger) -> None:
    try:
        int(CANARY.text)  # says what it was given
    except ValueError:
        logger.exception("failed")


def test_a_temporary_file_is_seen(tmp_path: Path) -> None:
    with tempfile.NamedTemporaryFile(dir=tmp_path) as file:
        file.write(b"\0" * 5000 + CANARY.text.encode())
        file.flush()
        assert places(tmp_path) == {Path(file.name).name}


def test_a_files_name_is_seen(tmp_path: Path) -> None:
    (tmp_path / f"{CANARY.text.split()[0]}.pdf").touch()
    assert places(tmp_path)


def test_a_plain_column_of_the_outbox_is_seen(seized: Seized) -> None:
    leaky = planted(seized.dump, "outgoing", purpose=CANARY.text)
    assert {table for table, _, _ in search_rows(leaky, [CANARY])} == {"outgoing"}


def planted(taken: Dump, table: str, **changes: Any) -> Dump:
    """The same dump with one row of a table changed."""
    [first, *others] = taken.rows[table]
    return Dump({**taken.rows, table: [{**first, **changes}, *others]})


@pytest.mark.parametrize(("secure_delete", "seen"), [("OFF", True), ("ON", False)])
def test_a_deleted_row_is_seen_unless_it_was_overwritten(
    tmp_path: Path, secure_delete: str, seen: bool
) -> None:
    path = tmp_path / "kith.db"
    db = sqlite3.connect(path, isolation_level=None)
    db.execute(f"PRAGMA secure_delete={secure_delete}")
    db.execute("CREATE TABLE outbox (body TEXT)")
    db.execute("INSERT INTO outbox VALUES (?)", (CANARY.text,))
    db.execute("DELETE FROM outbox")
    db.close()
    assert bool(places(tmp_path)) is seen


def test_a_row_that_the_write_ahead_log_still_holds_is_seen(
    sqlite_url: str, tmp_path: Path
) -> None:
    db = sqlite3.connect(tmp_path / "kith.db", isolation_level=None)
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("INSERT INTO jobs (id, kind, state, priority, run_at, attempts, position) "
               "VALUES ('x', ?, 'queued', 0, '', 0, 0)", (CANARY.text,))  # fmt: skip
    db.execute("DELETE FROM jobs")
    assert "kith.db-wal" in places(tmp_path)
    db.close()


def test_a_dead_row_of_postgresql_is_seen(durable_server: postgres.Server) -> None:
    with durable_server.connect() as db:
        db.execute("CREATE TABLE outbox (body TEXT)")
        db.execute("INSERT INTO outbox VALUES (%s)", (CANARY.text,))
        db.execute("DELETE FROM outbox")
        db.execute("CHECKPOINT")
        heap = db.execute("SELECT pg_relation_filepath('outbox')").fetchone()
    assert heap is not None
    data = durable_server.folder / "data"
    assert find((data / heap[0]).read_bytes(), [CANARY])
    assert any(find(path.read_bytes(), [CANARY]) for path in (data / "pg_wal").glob("0*"))


# -- keys


def case_seed(seized: Seized) -> bytes:
    """What a case's grant holds."""
    loot = plunder(seized.dump, [*seized.keys(), *seized.known_to("heron")])
    return bytes(next(one.plaintext for one in loot if one.cell.table == "case_grants"))


@pytest.mark.parametrize("written", [bytes, lambda seed: f"seed={seed.hex()}".encode()])
def test_a_case_key_left_in_a_file_is_seen(
    seized: Seized, tmp_path: Path, written: Callable[[bytes], bytes]
) -> None:
    (tmp_path / "debug").write_bytes(written(case_seed(seized)))
    assert sealed(plunder(seized.dump, [*seized.keys(), *find_keys_in_folder(tmp_path)]))


def test_a_value_under_a_key_from_the_disk_is_seen(seized: Seized) -> None:
    row = seized.dump.rows["members"][0]
    integrity = (seized.data / "keys" / "integrity.key").read_bytes()
    context = Context(seized.dump.deployment, "members", "op_values", row["id"], row["op_version"])
    blob = lock(integrity, Purpose.ROW_VALUES, 0, context, pad_field(b"{}"))
    keys = seized.keys(operational=False)
    assert operational(plunder(planted(seized.dump, "members", op_values=blob), keys))


def test_a_key_without_its_forgetting_layer_is_seen(seized: Seized) -> None:
    """With every wrap bare, a stolen database and a passphrase would open cases."""
    bare: dict[str, list[Row]] = {
        table: [{**row, **_bared(seized, table, row)} for row in rows]
        for table, rows in seized.dump.rows.items()
    }
    assert sealed(plunder(Dump(bare), seized.known_to("heron")))


def _bared(seized: Seized, table: str, row: Any) -> dict[str, bytes]:
    names = {"members": "seed_wrap", "team_wraps": "wrap", "case_grants": "wrap"}
    name = names.get(table)
    if name is None or row[name] is None:
        return {}
    context = Context(seized.dump.deployment, table, name, row["id"])
    day = forgotten_on(row[name])
    return {name: remember(KeyFiles(seized.data / "keys").shred_key(day), day, context, row[name])}
