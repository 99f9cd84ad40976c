from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import requests

from app.simulator.phones import NetworkRefused
from tests.simulator.hotline import HOTLINE, PHONE, ServedNetwork


def test_a_phone_texts_and_reads(served: ServedNetwork) -> None:
    phone = served.network.phone(PHONE)
    sent = phone.text("ayuda")
    assert sent.http_status == 200
    for body in ("one", "two"):
        served.client().messages.create(to=PHONE, from_=HOTLINE, body=body)
    first, second = phone.inbox(after=sent.sid)
    assert (first.body, second.body) == ("one", "two")
    assert first.at == served.clock()
    assert phone.inbox(after=first.sid) == [second]
    assert phone.inbox() == [first, second]


def test_the_inbox_has_exactly_what_is_promised(served: ServedNetwork) -> None:
    served.client().messages.create(to=PHONE, from_=HOTLINE, body="hola")
    answer = requests.get(f"{served.url}/simulator/phones/{PHONE}/inbox", timeout=5).json()
    assert set(answer) == {"items"}
    assert set(answer["items"][0]) == {"sid", "body", "at"}


def test_a_withheld_number_texts_too(served: ServedNetwork) -> None:
    assert served.network.phone("anonymous").text("hi").http_status == 200
    assert served.network.carrier()["messages"][0]["from"] == "anonymous"


def test_inbox_after_a_time(served: ServedNetwork) -> None:
    served.client().messages.create(to=PHONE, from_=HOTLINE, body="one")
    phone = served.network.phone(PHONE)
    [before] = phone.inbox()
    served.network.advance(60)
    served.client().messages.create(to=PHONE, from_=HOTLINE, body="two")
    for after in (before.at.isoformat(), before.at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")):
        assert [text.body for text in phone.inbox(after=after)] == ["two"]


def test_inbox_after_a_foreign_text_is_refused(served: ServedNetwork) -> None:
    with pytest.raises(NetworkRefused, match="400: after"):
        served.network.phone(PHONE).inbox(after="SM1")


@pytest.mark.parametrize(
    "order",
    [
        {},
        {"body": 7},
        {"body": None},
        {"body": "x", "colour": "red"},
        {"body": "x", "media": [{"content_type": "image/png", "data": "***"}]},
        {"body": "x", "media": ["ftp://kith.example/a.png"]},
        {"body": "x", "media": [{"content_type": "png", "data": ""}]},
        [],
    ],
)
def test_a_bad_text_is_refused_in_words(served: ServedNetwork, order: Any) -> None:
    url = f"{served.url}/simulator/phones/{PHONE}/texts"
    answer = requests.post(url, json=order, timeout=5)
    assert answer.status_code == 400
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["type"] == "urn:kith:bad-request"
    assert served.network.carrier()["messages"] == []


@pytest.mark.parametrize("body", [b"", b"{", b'{"body": "\\ud83d"}', b"\xff"])
def test_what_is_not_json_is_refused(served: ServedNetwork, body: bytes) -> None:
    url = f"{served.url}/simulator/phones/{PHONE}/texts"
    assert requests.post(url, data=body, timeout=5).status_code == 400


@pytest.mark.parametrize("phone", ["%20", "x" * 65, "%00"])
def test_a_phone_needs_a_name(served: ServedNetwork, phone: str) -> None:
    url = f"{served.url}/simulator/phones/{phone}/texts"
    assert requests.post(url, json={"body": "x"}, timeout=5).status_code == 400


@pytest.mark.parametrize(
    ("media", "kind"),
    [
        ("data:image/png;base64,cG5n", "image/png"),
        ("https://kith.example/a.jpg", "image/jpeg"),
        ("https://kith.example/a", "image/gif"),
    ],
)
def test_pictures_come_as_addresses_too(served: ServedNetwork, media: str, kind: str) -> None:
    sent = served.network.phone(PHONE).text("look", [media])
    [held] = served.network.carrier()["media"]
    assert (held["parent_sid"], held["content_type"]) == (sent.sid, kind)


def test_faults_are_ordered_listed_and_cleared(served: ServedNetwork) -> None:
    ordered = served.network.faults("webhook-delay", match=PHONE, count=3, delay_s=5)
    assert (ordered["remaining"], ordered["delay_s"]) == (3, 5)
    assert served.network.active_faults() == [ordered]
    requests.delete(f"{served.url}/simulator/faults/{ordered['id']}", timeout=5)
    assert served.network.active_faults() == []
    served.network.faults("api-5xx")
    served.network.clear_faults()
    assert served.network.active_faults() == []


@pytest.mark.parametrize(
    "order",
    [
        {"kind": "gremlins"},
        {"kind": "api-5xx", "count": 0},
        {"kind": "api-5xx", "delay_s": -1},
        {},
    ],
)
def test_a_bad_fault_is_refused(served: ServedNetwork, order: Any) -> None:
    answer = requests.post(f"{served.url}/simulator/faults", json=order, timeout=5)
    assert answer.status_code == 400
    assert served.network.active_faults() == []


def test_an_unknown_fault_is_answered_with_those_there_are(served: ServedNetwork) -> None:
    with pytest.raises(NetworkRefused, match=r"webhook-lost.*number-out-of-service"):
        served.network.faults("gremlins")


def test_an_unknown_fault_cannot_be_cleared(served: ServedNetwork) -> None:
    url = f"{served.url}/simulator/faults/gremlins"
    assert requests.delete(url, timeout=5).status_code == 404


def test_the_clock_moves_the_network_along(served: ServedNetwork) -> None:
    before = served.network.now()
    served.network.faults("webhook-delay", delay_s=600)
    assert served.network.phone(PHONE).text("late").http_status is None
    delivered = served.network.carrier()["webhooks"]["delivered"]
    assert served.network.advance(600) == before + timedelta(minutes=10)
    assert served.network.carrier()["webhooks"]["delivered"] == delivered + 1
    clock = requests.get(f"{served.url}/simulator/clock", timeout=5).json()
    assert clock["offset_s"] == served.clock.offset.total_seconds()


@pytest.mark.parametrize("order", [{"advance_s": -1}, {"advance_s": "x"}, {"advance_s": 1e12}])
def test_the_clock_only_goes_forward(served: ServedNetwork, order: Any) -> None:
    before = served.network.now()
    url = f"{served.url}/simulator/clock"
    assert requests.post(url, json=order, timeout=5).status_code == 400
    assert served.network.now() == before


def test_what_the_carrier_holds_has_no_secret(served: ServedNetwork) -> None:
    served.network.phone(PHONE).text("STOP")
    holds = served.network.carrier()
    assert holds["opted_out"] == [PHONE]
    assert holds["messages"][0]["body"] == "STOP"
    assert served.carrier.config.auth_token not in str(holds)
    assert served.carrier.config.auth_token not in repr(served.carrier.config)


@pytest.mark.parametrize("path", ["/simulator", "/simulator/clock", "/simulator/faults"])
def test_pages_of_other_sites_cannot_give_orders(served: ServedNetwork, path: str) -> None:
    headers = {"Sec-Fetch-Site": "cross-site"}
    assert requests.post(served.url + path, headers=headers, timeout=5).status_code == 403
