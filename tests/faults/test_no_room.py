"""A disk without room, and a database that only reads: refused aloud, nothing lost.

Refused means a 5xx, so that the carrier turns to its fallback address and keeps the text; once
there is room again, the text is taken in from the carrier's list.
"""

from __future__ import annotations

import resource
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import Connection, event

from tests.faults.installation import Desk, Installation, build, request
from tests.faults.nursery import Nursery
from tests.service import House, refusal

PHONE = "+15145550123"


@pytest.fixture
def served(nursery: Nursery, tmp_path: Path) -> Iterator[tuple[Installation, int]]:
    """Kith on SQLite with the number of its one process."""
    kith = build(tmp_path, nursery)
    kith.start_carrier()
    service = kith.start_service()
    kith.wait_for_service()
    yield kith, service
    assert nursery.kill(service) == -9, kith.said("service")  # it lived until now


def fallbacks(kith: Installation | House) -> int:
    """How often the carrier had to turn to the fallback address."""
    return int(kith.network.carrier()["webhooks"]["fallback"])


def test_a_full_disk(served: tuple[Installation, int]) -> None:
    kith, service = served
    phone, desk = kith.network.phone(PHONE), Desk(kith.port)
    desk.sign_in()
    phone.text("before")
    [case] = desk.queue()
    # No file of the process, its log included, may grow past here: write(2) fails as on a full
    # disk. Making a disk of our own and filling it would take a privilege that tests do not have.
    unlimited = resource.prlimit(service, resource.RLIMIT_FSIZE, (512, resource.RLIM_INFINITY))

    phone.text("meanwhile")
    assert fallbacks(kith) == 1
    note = desk.ask("POST", f"/cases/{case['id']}/notes", {"body": "Called her."})
    assert (note[0], note[1]["type"]) == (503, "urn:kith:sealed")
    assert request(kith.port, "GET", "/healthz")[0] == 200
    kith.wait_until(lambda: request(kith.port, "GET", "/readyz")[0] == 503)
    assert request(kith.port, "GET", "/readyz")[1]["database"] == "read-only"

    resource.prlimit(service, resource.RLIMIT_FSIZE, unlimited)
    phone.text("after")
    assert fallbacks(kith) == 1
    assert request(kith.port, "GET", "/readyz")[0] == 200
    assert desk.ask("POST", f"/cases/{case['id']}/notes", {"body": "Called her."})[0] == 201
    for _ in range(3):  # the carrier's list is read, and what was on its way ends
        kith.advance(300)
    desk.sign_in()
    answer = desk.ask("GET", f"/cases/{case['id']}")[1]
    texts = [m["body"] for m in answer["messages"] if m["direction"] == "inbound"]
    assert sorted(texts) == ["after", "before", "meanwhile"]
    assert [note["body"] for note in answer["notes"]] == ["Called her."]


def test_a_database_that_only_reads(house: House) -> None:
    case_id, heron = house.case_of("before")["id"], house.as_("heron")
    only_read(house)

    house.network.phone(PHONE).text("meanwhile")
    assert fallbacks(house) == 1
    note = heron.post(f"/v1/cases/{case_id}/notes", {"body": "Called her."})
    assert refusal(note) == (503, "sealed")
    # What cannot be written into the audit chain is not read either.
    assert refusal(heron.get(f"/v1/cases/{case_id}")) == (503, "sealed")
    ready = house.nobody.get("/readyz")
    # A PostgreSQL that only reads is not even connected to: another one may be the primary now.
    expected = "read-only" if house.database.on_sqlite else "away"
    assert (ready.status_code, ready.json()["database"]) == (503, expected)

    write_again(house)
    house.phone().text("after")
    house.advance(minutes=10)
    texts = [m["body"] for m in house.read(case_id)["messages"] if m["direction"] == "inbound"]
    assert sorted(texts) == ["after", "before", "meanwhile"]
    assert house.read(case_id)["notes"] == []


def only_read(house: House) -> None:
    """Make the database refuse to write, as on a disk that was mounted read-only."""
    if house.database.on_sqlite:
        event.listen(house.database.engine, "begin", _forbid_writing, insert=True)
    else:
        _set_read_only(house, "on")


def write_again(house: House) -> None:
    if house.database.on_sqlite:
        event.remove(house.database.engine, "begin", _forbid_writing)
        house.database.engine.dispose()
    else:
        _set_read_only(house, "off")


def _forbid_writing(connection: Connection) -> None:
    driver = connection.connection.driver_connection
    assert driver
    driver.execute("PRAGMA query_only=ON")


def _set_read_only(house: House, value: str) -> None:
    url = house.database.url
    name = str(url.database)
    with psycopg.connect(host=url.host, port=url.port, user=url.username, autocommit=True) as db:
        statement = sql.SQL("ALTER DATABASE {} SET default_transaction_read_only = {}")
        db.execute(statement.format(sql.Identifier(name), sql.SQL(value)))
        ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
        db.execute(ended, (name,))
