"""The carrier's machine is gone: texts wait in the outbox, and each goes out once it is back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.installation import Desk, Installation, build
from tests.faults.nursery import Nursery

PHONE = "+15145550123"


@pytest.fixture
def kith(nursery: Nursery, tmp_path: Path) -> Iterator[Installation]:
    """Kith on SQLite, its carrier still to be started."""
    kith = build(tmp_path, nursery)
    service = kith.start_service()
    kith.wait_for_service()
    yield kith
    assert nursery.kill(service) == -9, kith.said("service")  # it lived until now


def test_nobody_answers_at_the_carriers_address(kith: Installation, nursery: Nursery) -> None:
    carrier, desk = kith.start_carrier(), Desk(kith.port)
    kith.network.phone(PHONE).text("hello")
    desk.sign_in()
    [case] = desk.queue()
    nursery.kill(carrier)

    for body in ("We are here.", "Take your time."):
        assert desk.ask("POST", f"/cases/{case['id']}/messages", {"body": body})[0] == 202
    kith.wait_until(lambda: "carrier.unreachable" in kith.said("service"))
    assert [status for _, status in _replies(desk, case["id"])] == ["queued", "queued"]

    kith.start_carrier()
    for _ in range(4):
        kith.advance(60)
    phone = kith.network.phone(PHONE)
    assert [text.body for text in phone.inbox()] == ["We are here.", "Take your time."]
    assert [status for _, status in _replies(desk, case["id"])] == ["delivered", "delivered"]


def _replies(desk: Desk, case_id: str) -> list[tuple[str, str]]:
    messages = desk.ask("GET", f"/cases/{case_id}")[1]["messages"]
    return [(m["body"], m["status"]) for m in messages if m["author"]]
