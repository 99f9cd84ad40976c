"""What came with a text is fetched from the carrier's hosts, and from nowhere else."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
import requests

from app.telephony import CarrierError, CarrierUnreachable, Gone
from app.twilio_gateway import TwilioCarrier
from app.twilio_gateway.media import ElsewhereRefused, is_public
from tests.simulator.hotline import ACCOUNT, HOTLINE, PHONE, TOKEN, serve_network

FILE = f"/2010-04-01/Accounts/{ACCOUNT}/Messages/MM1/Media/ME1"


def _carrier(url: str) -> TwilioCarrier:
    return TwilioCarrier(
        account_sid=ACCOUNT, auth_token=TOKEN, number=HOTLINE, api_url=url, timeout=0.5
    )


class Guide(ThreadingHTTPServer):
    """A carrier whose API leads on to ``leads_to``."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.leads_to, self.asked, self.cut = "", list[tuple[str, str | None]](), False
        self.url = f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Guide

    def do_GET(self) -> None:
        self.server.asked.append((self.path, self.headers.get("Authorization")))
        if self.path.startswith("/2010") and self.server.leads_to:
            self.send_response(307)
            self.send_header("Location", self.server.leads_to)
            self.end_headers()
            return
        self.send_response(200)
        self.send_header("Content-Length", "10" if self.server.cut else "5")
        self.end_headers()
        self.wfile.write(b"bytes")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def guide() -> Iterator[Guide]:
    server = Guide()
    Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def test_a_picture_is_fetched_from_the_network_and_deleted_there() -> None:
    with serve_network() as network:
        carrier = _carrier(network.url + "/simulator/twilio")
        picture = {"content_type": "image/png", "data": "aGVsbG8="}
        sid = network.network.phone(PHONE).text("my letter", media=[picture]).sid
        [(url, kind)] = carrier.media(sid)
        assert (b"".join(carrier.fetch_media(url)), kind) == (b"hello", "image/png")
        assert requests.get(url, timeout=5, allow_redirects=False).status_code == 401
        carrier.delete_media(sid)
        with pytest.raises(Gone):
            list(carrier.fetch_media(url))


def test_our_credentials_go_to_the_api_only(guide: Guide) -> None:
    guide.leads_to = "/files/1"
    assert b"".join(_carrier(guide.url).fetch_media(guide.url + FILE)) == b"bytes"
    assert [(path, login is not None) for path, login in guide.asked] == [
        (FILE, True),
        ("/files/1", False),
    ]


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1:1/x",
        "http://169.254.169.254/latest/meta-data/",
        "https://example.org/x.jpg",
        "http://media.twiliocdn.com/x",  # not encrypted
        "https://media.twiliocdn.com.example.org/x",
        "https://media.twiliocdn.com@example.org/x",
        "https://eviltwiliocdn.com/x",
        "https://s3-external-1.amazonaws.com/other-bucket/x",
        "https://s3-external-1.amazonaws.com/media.twiliocdn.com/../other-bucket/x",
        "file:///etc/passwd",
        FILE,  # in a circle
    ],
)
def test_it_is_never_followed_elsewhere(guide: Guide, address: str) -> None:
    guide.leads_to = address
    with pytest.raises(ElsewhereRefused):
        list(_carrier(guide.url).fetch_media(guide.url + FILE))


@pytest.mark.parametrize("url", ["https://example.org" + FILE, "/etc/passwd", "{api}/other"])
def test_nothing_but_the_api_is_asked_first(guide: Guide, url: str) -> None:
    with pytest.raises(ElsewhereRefused):
        list(_carrier(guide.url).fetch_media(url.format(api=guide.url)))
    assert guide.asked == []


def test_a_name_that_leads_inside_is_not_talked_to(
    guide: Guide, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the name is one of the carrier's: its answer may have been forged."""
    inside = socket.create_server(("127.0.0.1", 0))
    real, port = socket.getaddrinfo, inside.getsockname()[1]

    def lead_inside(host: str, *given: object, **named: object) -> object:
        if host == "media.twiliocdn.com":
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]
        return real(host, *given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", lead_inside)
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    guide.leads_to = "https://media.twiliocdn.com/x"
    with pytest.raises(CarrierUnreachable):
        list(_carrier(guide.url).fetch_media(guide.url + FILE))
    inside.settimeout(5)
    with inside, inside.accept()[0] as talk:
        assert talk.recv(100) == b""  # not even the beginning of a greeting


@pytest.mark.parametrize(
    ("address", "public"),
    [("127.0.0.1", False), ("10.1.2.3", False), ("169.254.169.254", False), ("100.64.0.1", False),
     ("::1", False), ("fd00::1", False), ("::ffff:10.0.0.1", False), ("2002:0a00:0001::1", False),
     ("54.172.60.1", True), ("2600:1f18::1", True)],
)  # fmt: skip
def test_which_addresses_are_public(address: str, public: bool) -> None:
    assert is_public(ipaddress.ip_address(address)) is public


def test_an_answer_that_is_cut_off_counts_as_none(guide: Guide) -> None:
    guide.cut = True
    with pytest.raises(CarrierError):
        list(_carrier(guide.url).fetch_media(guide.url + FILE))
