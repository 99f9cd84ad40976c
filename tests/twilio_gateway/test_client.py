"""The real client against a small server: each answer, and each silence, gets its right name."""

from __future__ import annotations

import json
import logging
import socket
import ssl
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ssl import SSLCertVerificationError
from threading import Thread
from urllib.parse import parse_qs, urlsplit

import pytest
from requests import exceptions
from urllib3 import HTTPConnectionPool
from urllib3.exceptions import MaxRetryError, SSLError

from app import telephony
from app.telephony import CarrierUnreachable, OutgoingText
from app.twilio_gateway import TwilioCarrier, never_left

ACCOUNT = "AC" + "1" * 32
NUMBER = "+15145550100"
CALLER = "+15145550123"
NOON = datetime(2026, 1, 15, 12, tzinfo=UTC)
TEXT = OutgoingText(to=CALLER, body="ayuda", status_callback="https://kith.example/status/7")
MESSAGES = f"/2010-04-01/Accounts/{ACCOUNT}/Messages"


@dataclass
class Answer:
    """What the server says next; ``status`` 0 hangs up, -1 stays silent."""

    status: int
    body: object = None
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Server:
    """A carrier that gives prepared answers, in order, and remembers what it was asked."""

    url: str
    answers: list[Answer] = field(default_factory=list)
    asked: list[tuple[str, str, dict[str, list[str]]]] = field(default_factory=list)
    logins: list[str | None] = field(default_factory=list)


@pytest.fixture
def server() -> Iterator[Server]:
    state = Server(url="")

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            form = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            address = urlsplit(self.path)
            state.asked.append((self.command, address.path, parse_qs(form or address.query)))
            state.logins.append(self.headers.get("Authorization"))
            given = state.answers.pop(0)
            if given.status <= 0:
                self.close_connection = True
                if given.status < 0:
                    self.rfile.read(1)  # until the client gives up
                return
            body = given.body if isinstance(given.body, str) else json.dumps(given.body)
            content = b"" if given.status == 204 else body.encode()
            self.send_response(given.status)
            for name, value in {**given.headers, "Content-Length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_DELETE = answer  # noqa: N815  # the names the library calls

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        state.url = f"http://127.0.0.1:{http.server_port}"
        thread = Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield state
        http.shutdown()
        thread.join()


@pytest.fixture
def carrier(server: Server) -> TwilioCarrier:
    return carrier_at(server.url)


def carrier_at(url: str, **more: str | float) -> TwilioCarrier:
    settings = {"account_sid": ACCOUNT, "auth_token": "token", "number": NUMBER, "api_url": url}
    return TwilioCarrier(**{**settings, **more})  # type: ignore[arg-type]  # a mixed dict


def _because(reason: Exception) -> MaxRetryError:
    return MaxRetryError(HTTPConnectionPool("localhost"), "/", reason)


def message(sid: str = "SM1", **more: object) -> dict[str, object]:
    return {
        "sid": sid,
        "to": CALLER,
        "from": NUMBER,
        "body": "ayuda",
        "status": "queued",
        "direction": "outbound-api",
        "date_created": "Thu, 15 Jan 2026 12:00:00 +0000",
        "date_sent": None,
        "error_code": None,
        "num_media": "0",
        **more,
    }


def page(*messages: dict[str, object], following: str | None = None) -> Answer:
    return Answer(200, {"messages": messages, "page": 0, "next_page_uri": following})


def refusal(status: int, code: int, **headers: str) -> Answer:
    return Answer(
        status,
        {"code": code, "message": f"{CALLER} ayuda", "more_info": "", "status": status},
        headers,
    )


def test_a_text_is_handed_over(server: Server, carrier: TwilioCarrier) -> None:
    server.answers = [Answer(201, message())]
    accepted = carrier.send(TEXT)
    assert (accepted.sid, accepted.status) == ("SM1", "sending")
    assert server.asked == [
        (
            "POST",
            f"{MESSAGES}.json",
            {
                "To": [CALLER],
                "From": [NUMBER],
                "Body": ["ayuda"],
                "StatusCallback": ["https://kith.example/status/7"],
            },
        )
    ]


def test_an_answer_on_whatsapp_leaves_from_our_whatsapp_number(
    server: Server, carrier: TwilioCarrier
) -> None:
    server.answers = [Answer(201, message())]
    carrier.send(OutgoingText(to=f"whatsapp:{CALLER}", body="ok"))
    assert server.asked[0][2]["From"] == [f"whatsapp:{NUMBER}"]
    assert "StatusCallback" not in server.asked[0][2]


def test_an_api_key_signs_in_where_there_is_one(server: Server) -> None:
    server.answers = [Answer(201, message()), Answer(201, message())]
    carrier_at(server.url).send(TEXT)
    carrier_at(server.url, api_key="SK1", api_secret="secret").send(TEXT)
    assert server.logins[0] != server.logins[1]
    assert ACCOUNT in server.asked[1][1]


def test_stray_routing_in_the_environment_is_ignored(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TWILIO_EDGE", "sydney")
    monkeypatch.setenv("TWILIO_REGION", "au1")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    server.answers = [Answer(201, message())]
    assert carrier_at(server.url).send(TEXT).sid == "SM1"


def test_threads_share_a_carrier(server: Server, carrier: TwilioCarrier) -> None:
    server.answers = [Answer(201, message(f"SM{i}")) for i in range(16)]
    with ThreadPoolExecutor(4) as threads:
        sids = {accepted.sid for accepted in threads.map(carrier.send, [TEXT] * 16)}
    assert sids == {f"SM{i}" for i in range(16)}


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (refusal(429, 20429), telephony.CarrierBusy),
        (refusal(401, 20003), telephony.CredentialsRefused),
        (refusal(400, 21610), telephony.OptedOut),
        (refusal(400, 21211), telephony.BadNumber),
        (refusal(400, 21602), telephony.Refused),
        (Answer(403, "<html>"), telephony.CredentialsRefused),
    ],
)
def test_a_refusal_is_named(
    server: Server, carrier: TwilioCarrier, answer: Answer, expected: type[Exception]
) -> None:
    server.answers = [answer]
    with pytest.raises(expected) as caught:
        carrier.send(TEXT)
    assert type(caught.value) is expected


def test_a_busy_carrier_says_how_long_to_wait(server: Server, carrier: TwilioCarrier) -> None:
    server.answers = [refusal(429, 20429, **{"Retry-After": "3"}), refusal(429, 20429)]
    with pytest.raises(telephony.CarrierBusy) as told:
        carrier.send(TEXT)
    with pytest.raises(telephony.CarrierBusy) as untold:
        carrier.send(TEXT)
    assert (told.value.retry_after, untold.value.retry_after) == (3.0, None)
    assert told.value.code == 20429


@pytest.mark.parametrize(
    "answer",
    [
        Answer(500, {}),
        Answer(503, "<html>"),
        Answer(0),
        Answer(201, "no JSON"),
        Answer(201, {}),
        Answer(201, "[]"),
    ],
    ids=["500", "503", "hung up", "no JSON", "no sid", "a list"],
)
def test_a_text_without_a_clear_answer_may_have_been_sent(
    server: Server, carrier: TwilioCarrier, answer: Answer
) -> None:
    server.answers = [answer]
    with pytest.raises(CarrierUnreachable) as caught:
        carrier.send(TEXT)
    assert caught.value.maybe_sent
    assert len(server.asked) == 1  # never twice


def test_a_text_that_gets_no_answer_in_time_may_have_been_sent(server: Server) -> None:
    server.answers = [Answer(-1)]
    with pytest.raises(CarrierUnreachable) as caught:
        carrier_at(server.url, timeout=0.1).send(TEXT)
    assert caught.value.maybe_sent


def test_a_text_to_a_closed_door_was_not_sent() -> None:
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        carrier = carrier_at(f"http://127.0.0.1:{door.getsockname()[1]}")
        with pytest.raises(CarrierUnreachable) as caught:
            carrier.send(TEXT)
    assert not caught.value.maybe_sent


@pytest.mark.parametrize(
    ("error", "left"),
    [
        (exceptions.ConnectTimeout(), False),
        (exceptions.SSLError(_because(SSLError(SSLCertVerificationError(1, "expired")))), False),
        (exceptions.SSLError(_because(SSLError(ssl.SSLError(1, "bad record")))), True),
        (exceptions.SSLError(), True),
        (exceptions.ReadTimeout(), True),
        (exceptions.ChunkedEncodingError(), True),
        (exceptions.ConnectionError("reset"), True),
    ],
)
def test_only_a_connection_never_made_proves_that_nothing_left(
    error: exceptions.RequestException, left: bool
) -> None:
    assert never_left(error) is not left


def test_an_uncertain_text_is_looked_up_by_its_recipient(
    server: Server, carrier: TwilioCarrier
) -> None:
    server.answers = [
        page(message("SM1"), following=f"{MESSAGES}.json?Page=1"),
        page(message("SM2", date_created="Thu, 15 Jan 2026 11:59:59 +0000"), message("SM3")),
    ]
    found = list(carrier.recent("outbound", since=NOON, to=CALLER))
    assert [text.sid for text in found] == ["SM1", "SM3"]
    assert (found[0].created_at, found[0].body, found[0].status) == (NOON, "ayuda", "queued")
    assert server.asked[0][2] == {"To": [CALLER], "From": [NUMBER], "PageSize": ["100"]}


def test_missed_texts_are_looked_up_by_our_number(server: Server, carrier: TwilioCarrier) -> None:
    inbound = message("SM9", to=NUMBER, direction="inbound", status="received", num_media="2")
    server.answers = [page(inbound, message("SM8")), page()]
    [found] = carrier.recent("inbound", since=NOON)
    assert (found.sid, found.num_media, found.direction) == ("SM9", 2, "inbound")
    assert [asked[2]["To"] for asked in server.asked] == [[NUMBER], [f"whatsapp:{NUMBER}"]]
    assert server.asked[0][2]["DateSent>"] == ["2026-01-15T11:59:59Z"]


def test_a_message_without_a_readable_date_is_shown(server: Server, carrier: TwilioCarrier) -> None:
    server.answers = [page(message(date_created="yesterday", error_code=30005)), page()]
    [found] = carrier.recent("outbound", since=NOON)
    assert (found.created_at, found.error_code) == (None, 30005)


def test_a_refused_list_is_named(server: Server, carrier: TwilioCarrier) -> None:
    server.answers = [refusal(429, 20429), Answer(401, "<html>"), Answer(200, {"a": [], "b": []})]
    for expected in (telephony.CarrierBusy, telephony.CredentialsRefused, CarrierUnreachable):
        with pytest.raises(expected):
            list(carrier.recent("outbound", since=NOON))


@pytest.mark.parametrize("answer", [Answer(204), refusal(404, 20404)], ids=["204", "404"])
def test_a_message_is_deleted_even_if_it_is_gone(
    server: Server, carrier: TwilioCarrier, answer: Answer
) -> None:
    server.answers = [answer]
    carrier.delete_message("SM1")
    assert server.asked == [("DELETE", f"{MESSAGES}/SM1.json", {})]


def test_a_message_under_way_is_not_deleted_yet(server: Server, carrier: TwilioCarrier) -> None:
    server.answers = [refusal(409, 20009)]
    with pytest.raises(telephony.NotFinal):
        carrier.delete_message("SM1")


def test_media_are_deleted_one_by_one(server: Server, carrier: TwilioCarrier) -> None:
    media = [{"sid": f"ME{i}", "parent_sid": "SM1"} for i in (1, 2)]
    server.answers = [Answer(200, {"media_list": media}), Answer(204), refusal(404, 20404)]
    carrier.delete_media("SM1")
    assert [path for _, path, _ in server.asked[1:]] == [
        f"{MESSAGES}/SM1/Media/ME1.json",
        f"{MESSAGES}/SM1/Media/ME2.json",
    ]


def test_one_can_ask_whether_a_message_is_still_there(
    server: Server, carrier: TwilioCarrier
) -> None:
    server.answers = [Answer(200, message()), refusal(404, 20404)]
    assert [carrier.exists("SM1"), carrier.exists("SM1")] == [True, False]


def test_the_numbers_webhooks_can_be_read(server: Server, carrier: TwilioCarrier) -> None:
    other, ours = (
        {"phone_number": number, "sms_url": f"https://kith.example/{number}", "sms_method": "POST"}
        for number in ("+15145550199", NUMBER)
    )
    server.answers = [Answer(200, {"incoming_phone_numbers": [other, ours]})]
    webhooks = carrier.webhooks()
    assert webhooks is not None
    assert (webhooks.sms_url, webhooks.sms_fallback_url) == (ours["sms_url"], "")


def test_a_number_of_somebody_else_has_no_webhooks(server: Server, carrier: TwilioCarrier) -> None:
    server.answers = [Answer(200, {"incoming_phone_numbers": []})]
    assert carrier.webhooks() is None


@pytest.mark.parametrize(
    "ask",
    [
        lambda carrier: carrier.send(TEXT),
        lambda carrier: list(carrier.recent("outbound", since=NOON, to=CALLER)),
    ],
    ids=["send", "recent"],
)
@pytest.mark.parametrize(
    "answer", [refusal(400, 21602), refusal(500, 1), Answer(0)], ids=["400", "500", "hung up"]
)
def test_neither_logs_nor_errors_tell_about_people(
    server: Server,
    carrier: TwilioCarrier,
    caplog: pytest.LogCaptureFixture,
    ask: Callable[[TwilioCarrier], object],
    answer: Answer,
) -> None:
    caplog.set_level(logging.DEBUG)
    server.answers = [answer]
    with pytest.raises(telephony.CarrierError) as caught:
        ask(carrier)
    told = caplog.text + "".join(traceback.format_exception(caught.value))
    assert caught.value.__context__ is None
    assert CALLER not in told
    assert CALLER[1:] not in told
    assert "ayuda" not in told.replace('body="ayuda"', "")
