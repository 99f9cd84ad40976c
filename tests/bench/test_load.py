"""The texts that the benchmark sends."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.telephony import InboundText, read_form
from app.twilio_gateway import SignatureVerifier
from bench.load import MOST, RETURNING, TOKEN, write_load

URL = "http://127.0.0.1:8900"


@pytest.fixture
def lines(tmp_path: Path) -> list[tuple[str, bytes]]:
    file = tmp_path / "load"
    write_load(400, file, f"{URL}/twilio/messages")
    pairs = (line.split("\t") for line in file.read_text().splitlines())
    return [(signature, body.encode()) for signature, body in pairs]


def test_every_text_is_signed(lines: list[tuple[str, bytes]]) -> None:
    verifier = SignatureVerifier(TOKEN, URL)
    for signature, body in lines:
        assert verifier.verify("/twilio/messages", read_form(body), body, signature)


def test_every_text_is_different(lines: list[tuple[str, bytes]]) -> None:
    texts = [InboundText.from_form(read_form(body)) for _, body in lines]
    assert len({text.sid for text in texts}) == len(lines)
    assert len({text.body for text in texts}) == len(lines)


def test_half_of_the_senders_never_wrote_before(lines: list[tuple[str, bytes]]) -> None:
    senders = [InboundText.from_form(read_form(body)).sender for _, body in lines]
    assert len(set(senders[1::2])) == 200
    assert all(int(sender[2:5]) < 200 + RETURNING // 100 for sender in senders[::2])


def test_all_numbers_are_fictional(lines: list[tuple[str, bytes]]) -> None:
    for _, body in lines:
        sender = InboundText.from_form(read_form(body)).sender
        assert (len(sender), sender[:2], sender[5:10]) == (12, "+1", "55501")


def test_it_ends_where_fiction_has_no_more_numbers(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="fictional"):
        write_load(MOST + 1, tmp_path / "load", URL)
