"""The carrier's webhooks, with everything that strangers and odd phones can put into them."""

from __future__ import annotations

import base64
import hmac
import itertools
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote_from_bytes
from xml.etree import ElementTree as ET

import httpx
import pytest

from tests.service import ACCOUNT, CALLER, HOTLINE, TOKEN, House, fictional

Fields = dict[str, str | bytes]
_SIDS = itertools.count(1)
_PHONES = itertools.count()


@pytest.fixture
def database_kind() -> str:
    """What differs on PostgreSQL asks for it."""
    return "sqlite"


@dataclass(frozen=True)
class Webhook:
    """A request as the carrier makes it: form, signature, address."""

    house: House
    path: str
    fields: tuple[tuple[bytes, bytes], ...]

    def signature(self, token: str = TOKEN, url: str | None = None) -> str:
        """Sign as https://www.twilio.com/docs/usage/webhooks/webhooks-security says."""
        told = (url or self.house.url) + self.path
        signed = told.encode() + b"".join(name + value for name, value in sorted(set(self.fields)))
        return base64.b64encode(hmac.digest(token.encode(), signed, "sha1")).decode()

    @property
    def body(self) -> bytes:
        pairs = ((quote_from_bytes(n), quote_from_bytes(v)) for n, v in self.fields)
        return "&".join(f"{name}={value}" for name, value in pairs).encode()

    def post(self, signature: str | None = None, **changes: Any) -> httpx.Response:
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "X-Twilio-Signature": signature if signature is not None else self.signature(),
        }
        content = changes.get("content", self.body)
        given: dict[str, str | None] = {**headers, **changes.get("headers", {})}
        headers = {name: value for name, value in given.items() if value is not None}
        return self.house.nobody.post(changes.get("path", self.path), content=content,
                                      headers=headers)  # fmt: skip


def webhook(house: House, path: str = "/twilio/messages", **fields: str | bytes) -> Webhook:
    known: Fields = {
        "MessageSid": f"SM{next(_SIDS):032x}",
        "AccountSid": ACCOUNT,
        "From": a_phone(),
        "To": HOTLINE,
        "Body": "hello",
        "NumMedia": "0",
    }
    pairs = [(_bytes(n), _bytes(v)) for n, v in {**known, **fields}.items()]
    return Webhook(house, path, tuple(pairs))


def _bytes(value: str | bytes) -> bytes:
    return value.encode() if isinstance(value, str) else value


def a_phone() -> str:
    """A number that no other test uses."""
    return fictional(next(_PHONES))


def heard(house: House) -> list[str]:
    """What the desk reads in the only case that it has not closed."""
    house.settle()
    [case] = house.queue()
    messages = house.read(case["id"])["messages"]
    return [m["body"] for m in messages if m["direction"] == "inbound"]


class TestAnswers:
    def test_a_text_is_answered_with_nothing_once_it_is_kept(self, house: House) -> None:
        answer = webhook(house).post()
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/xml")
        document = ET.fromstring(answer.content)
        assert (document.tag, len(document), document.text) == ("Response", 0, None)
        assert heard(house) == ["hello"]

    @pytest.mark.parametrize("database_kind", ["sqlite", "postgresql"])
    def test_a_repeated_text_is_kept_once(self, house: House) -> None:
        text = webhook(house, From=CALLER)
        assert [text.post().status_code for _ in range(3)] == [200, 200, 200]
        assert heard(house) == ["hello"]
        assert len(house.phone().inbox()) == 1

    def test_a_repeated_sid_with_other_words_is_still_known(self, house: House) -> None:
        webhook(house, MessageSid="SM" + "7" * 32).post()
        assert webhook(house, MessageSid="SM" + "7" * 32, Body="other").post().status_code == 200
        assert heard(house) == ["hello"]

    @pytest.mark.parametrize("method", ["GET", "POST"])
    @pytest.mark.parametrize("of", ["messages", "voice"])
    def test_the_fallback_answers_from_memory(
        self, shared_house: House, method: str, of: str
    ) -> None:
        answer = shared_house.nobody.request(method, f"/twilio/fallback/{of}")
        assert (answer.status_code, answer.headers["content-type"][:8]) == (200, "text/xml")
        assert ET.fromstring(answer.content).tag == "Response"

    def test_it_is_only_for_posting(self, shared_house: House) -> None:
        for path in ("/twilio/messages", "/twilio/messages/status"):
            assert shared_house.nobody.get(path).status_code == 405


class TestSignatures:
    @pytest.fixture(autouse=True)
    def _nothing_is_kept(self, shared_house: House) -> Iterator[None]:
        yield
        assert shared_house.queue() == []

    @pytest.mark.parametrize("path", ["/twilio/messages", "/twilio/messages/status"])
    @pytest.mark.parametrize(
        "signature", ["", "x", "é", "A" * 27 + "=", base64.b64encode(b"0" * 20).decode()]
    )
    def test_a_forged_one_is_refused(self, shared_house: House, path: str, signature: str) -> None:
        forged = webhook(shared_house, path)
        headers = {"X-Twilio-Signature": signature.encode()}
        assert forged.post(headers=headers).status_code == 403

    @pytest.mark.parametrize("path", ["/twilio/messages", "/twilio/messages/status"])
    def test_a_missing_one_is_refused(self, shared_house: House, path: str) -> None:
        headers = {"X-Twilio-Signature": None}
        assert webhook(shared_house, path).post(headers=headers).status_code == 403

    def test_one_with_another_token_is_refused(self, shared_house: House) -> None:
        text = webhook(shared_house)
        assert text.post(text.signature(token="another")).status_code == 403

    def test_one_for_another_address_is_refused(self, shared_house: House) -> None:
        text = webhook(shared_house)
        for url in ("https://kith.example", shared_house.url + "/twilio"):
            headers = {"Host": "kith.example", "X-Forwarded-Host": "kith.example",
                       "X-Forwarded-Proto": "https"}  # fmt: skip
            assert text.post(text.signature(url=url), headers=headers).status_code == 403

    def test_one_for_other_words_is_refused(self, shared_house: House) -> None:
        signature = webhook(shared_house, MessageSid="SM1").signature()
        changed = webhook(shared_house, MessageSid="SM1", Body="goodbye")
        assert changed.post(signature).status_code == 403

    def test_one_for_another_path_is_refused(self, shared_house: House) -> None:
        text = webhook(shared_house)
        answer = text.post(text.signature(), path="/twilio/messages/status")
        assert answer.status_code == 403

    def test_an_added_field_is_refused(self, shared_house: House) -> None:
        text = webhook(shared_house)
        answer = text.post(text.signature(), content=text.body + b"&From=%2B15145550199")
        assert answer.status_code == 403


class TestWhatPhonesSend:
    @pytest.fixture
    def house(self, shared_house: House) -> Iterator[House]:
        yield shared_house
        heron = shared_house.as_("heron")
        for case in shared_house.queue():
            heron.post(f"/v1/cases/{case['id']}/close", {"outcome": "other"})

    def test_the_address_may_be_signed_with_and_without_its_port(self, house: House) -> None:
        text = webhook(house)
        without_port = house.url.rpartition(":")[0]
        assert text.post(text.signature(url=without_port)).status_code == 200

    def test_unknown_and_blank_fields_are_signed_and_ignored(self, house: House) -> None:
        more = {"FromCity": "", "NewIn2031": "yes", "OptOutType": "", "": "nameless"}
        assert webhook(house, **more).post().status_code == 200
        assert heard(house) == ["hello"]

    def test_a_field_that_came_twice_counts_as_it_came_last(self, house: House) -> None:
        text = webhook(house)
        again = Webhook(house, text.path, (*text.fields, (b"Body", b"the last")))
        assert again.post().status_code == 200
        assert heard(house) == ["the last"]

    @pytest.mark.parametrize(
        "body",
        [
            "",
            " ",
            "\n\t",
            "🙂👩‍👩‍👧🇨🇦",
            "שלום عليكم \u202e\u2066rtl\u2069",
            "zero\u200bwidth\u200d\ufeff",
            "é" * 1600,
            "x" * 10_000,
            "nul\x00inside",
            "e\u0301 and \ufb01",
            "<Response><Message>no</Message></Response>",
            "<script>alert(1)</script>",
            "'; DROP TABLE messages; --",
            '=cmd|"/C calc"!A1',
            "{{7*7}}${7*7}%s%n",
            "a=b&c=d+%2B%",
        ],
    )
    def test_any_words_are_kept_as_they_are(self, house: House, body: str) -> None:
        assert webhook(house, Body=body).post().status_code == 200
        assert heard(house) == [body]

    def test_broken_bytes_are_kept_with_replacement_characters(self, house: House) -> None:
        assert webhook(house, Body=b"caf\xe9 \xff\xfe ok \xf0\x9f").post().status_code == 200
        assert heard(house) == ["caf\ufffd \ufffd\ufffd ok \ufffd"]

    def test_a_text_without_body_is_kept_too(self, house: House) -> None:
        text = webhook(house)
        without = Webhook(house, text.path, tuple(f for f in text.fields if f[0] != b"Body"))
        assert without.post().status_code == 200
        assert heard(house) == [""]

    @pytest.mark.parametrize(
        "sender",
        ["anonymous", "", "+266696687", "RESTRICTED", "Unknown", "+86282452253"],
    )
    def test_withheld_numbers_share_nothing(self, house: House, sender: str) -> None:
        for _ in range(2):
            assert webhook(house, From=sender).post().status_code == 200
        house.settle()
        cases = house.queue()
        assert len(cases) == 2
        for case in cases:
            whole = house.read(case["id"])
            assert whole["contact"]["number_masked"] is None
            assert [m["direction"] for m in whole["messages"]] == ["inbound"]

    @pytest.mark.parametrize(
        "sender",
        [
            "22395", "AIRLINE", "+1", "+999999999999999", "5145550197", "whatsapp:+15145550198",
            "+15145550199;ext=5", "sip:me@example.org", HOTLINE, "\u202e+1514", "x" * 5000, "\x00",
        ],
    )  # fmt: skip
    def test_no_sender_is_refused(self, house: House, sender: str) -> None:
        for _ in range(2):
            assert webhook(house, From=sender).post().status_code == 200
        assert heard(house) == ["hello", "hello"]

    @pytest.mark.parametrize("sender", ["22395", "AIRLINE", HOTLINE])
    def test_machines_are_not_answered(self, house: House, sender: str) -> None:
        webhook(house, From=sender).post()
        house.settle()
        [case] = house.queue()
        assert [m["direction"] for m in house.read(case["id"])["messages"]] == ["inbound"]

    @pytest.mark.parametrize("number_of_media", ["1", "11", "-1", "x", "", "9" * 40])
    def test_any_count_of_pictures_is_survived(self, house: House, number_of_media: str) -> None:
        media = {"MediaUrl0": f"{house.url}/nothing", "MediaContentType0": "image/jpeg"}
        answer = webhook(house, NumMedia=number_of_media, **media).post()
        assert answer.status_code == 200
        assert heard(house) == ["hello"]

    @pytest.mark.parametrize("sid", ["", "x" * 65, "SM é", "../../etc"])
    def test_without_an_identifier_it_is_no_text(self, house: House, sid: str) -> None:
        assert webhook(house, MessageSid=sid).post().status_code == 400
        assert house.queue() == []


class TestSizes:
    def test_over_a_thousand_fields_are_too_many(self, shared_house: House) -> None:
        text = webhook(shared_house)
        many = tuple((f"f{n}".encode(), b"") for n in range(1001 - len(text.fields)))
        flood = Webhook(shared_house, text.path, text.fields + many)
        assert flood.post().status_code == 413

    def test_a_thousand_are_not(self, house: House) -> None:
        text = webhook(house)
        many = tuple((f"f{n}".encode(), b"") for n in range(1000 - len(text.fields)))
        assert Webhook(house, text.path, text.fields + many).post().status_code == 200

    @pytest.mark.parametrize("path", ["/twilio/messages", "/twilio/messages/status"])
    def test_over_64_kilobytes_is_too_large(self, shared_house: House, path: str) -> None:
        flood = webhook(shared_house, path, Body="x" * 64 * 1024)
        assert flood.post().status_code == 413
        pieces = iter([flood.body[:30_000], flood.body[30_000:]])
        assert flood.post(content=pieces).status_code == 413

    def test_64_kilobytes_are_not(self, house: House) -> None:
        room = 64 * 1024 - len(webhook(house, Body="").body)
        text = webhook(house, Body="x" * room)
        assert len(text.body) == 64 * 1024
        assert text.post().status_code == 200


class TestManyAtOnce:
    @pytest.mark.parametrize("database_kind", ["sqlite", "postgresql"])
    def test_texts_from_many_phones_become_a_case_each(self, house: House) -> None:
        phones = [f"+1514555{n:04d}" for n in range(100, 130)]
        _all_at_once([webhook(house, From=phone, Body=phone) for phone in phones])
        house.settle()
        cases = house.queue()
        assert len(cases) == len(phones)
        bodies = [house.read(case["id"])["messages"][0]["body"] for case in cases]
        assert sorted(bodies) == phones

    @pytest.mark.parametrize("database_kind", ["sqlite", "postgresql"])
    def test_texts_from_one_phone_become_one_case(self, house: House) -> None:
        bodies = [f"part {n}" for n in range(20)]
        _all_at_once([webhook(house, From=CALLER, Body=body) for body in bodies])
        assert sorted(heard(house)) == sorted(bodies)
        assert len(house.phone().inbox()) == 1, "one greeting"

    @pytest.mark.parametrize("database_kind", ["sqlite", "postgresql"])
    def test_the_same_text_at_once_is_kept_once(self, house: House) -> None:
        text = webhook(house)
        _all_at_once([text] * 12)
        assert heard(house) == ["hello"]


def _all_at_once(texts: list[Webhook]) -> None:
    with ThreadPoolExecutor(len(texts)) as pool:
        answers = list(pool.map(Webhook.post, texts))
    assert {answer.status_code for answer in answers} == {200}
