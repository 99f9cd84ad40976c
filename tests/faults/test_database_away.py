"""The database dies and comes back: texts refused meanwhile, none lost, nothing stuck."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import postgres
from tests.faults.installation import Desk, Installation, build, request
from tests.faults.nursery import Nursery

PHONE = "+15145550123"


@pytest.fixture
def kith(
    nursery: Nursery, tmp_path: Path, durable_server: postgres.Server
) -> Iterator[Installation]:
    """Service, with a worker inside, and carrier on a PostgreSQL that may be killed."""
    kith = build(tmp_path, nursery, durable_server.url("postgres"))
    kith.start_carrier()
    service = kith.start_service()
    kith.wait_for_service()
    yield kith
    assert nursery.kill(service) == -9, kith.said("service")  # it lived until now


def bodies(kith: Installation, desk: Desk) -> list[str]:
    """The callers' texts, as the desk reads them."""
    [case] = desk.queue()
    status, answer = desk.ask("GET", f"/cases/{case['id']}")
    assert status == 200, answer
    return [m["body"] for m in answer["messages"] if m["direction"] == "inbound"]


def test_killed_and_started_again(kith: Installation, durable_server: postgres.Server) -> None:
    phone, desk = kith.network.phone(PHONE), Desk(kith.port)
    desk.sign_in()
    assert phone.text("before").http_status == 200
    postgres.kill(durable_server)

    # The carrier gets no 200 but from the fallback, which keeps nothing and says nothing.
    kith.network.ask("POST", "/faults", {"kind": "status-lost", "count": 100})
    before = kith.network.carrier()["webhooks"]["fallback"]
    phone.text("meanwhile")
    assert kith.network.carrier()["webhooks"]["fallback"] == before + 1
    status, problem = desk.ask("GET", "/cases")
    assert (status, problem["type"]) == (503, "urn:kith:sealed")
    status, ready = request(kith.port, "GET", "/readyz")
    assert (status, ready["database"]) == (503, "away")
    assert request(kith.port, "GET", "/healthz")[0] == 200

    postgres.start(durable_server.folder, durable=True, port=durable_server.port)
    assert phone.text("after").http_status == 200
    desk.sign_in()  # sessions are in an unlogged table, which a crash of PostgreSQL empties
    assert [body for body in bodies(kith, desk) if body != "meanwhile"] == ["before", "after"]
    kith.network.clear_faults()
    case = desk.queue()[0]["id"]
    assert desk.ask("POST", f"/cases/{case}/messages", {"body": "Here again."})[0] == 202
    _let_it_settle(kith)
    assert [text.body for text in phone.inbox()].count("Here again.") == 1


def test_the_worker_goes_on_where_it_was(
    kith: Installation, durable_server: postgres.Server
) -> None:
    phone = kith.network.phone(PHONE)
    kith.network.faults("api-429", count=1000)
    assert phone.text("hello").http_status == 200
    postgres.kill(durable_server)
    kith.network.clear_faults()
    kith.wait_until(lambda: "worker.database" in kith.said("service"))
    postgres.start(durable_server.folder, durable=True, port=durable_server.port)
    kith.wait_until(lambda: request(kith.port, "GET", "/readyz")[1]["database"] == "ok")
    _let_it_settle(kith)
    assert len(phone.inbox()) == 1


def _let_it_settle(kith: Installation) -> None:
    """Long enough also for a text that was on its way when the database went."""
    for _ in range(4):
        kith.advance(100)
