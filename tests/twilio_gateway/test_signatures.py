"""Only the carrier, who knows the token, gets past the signature."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import FormData
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]  # no types

from app.telephony import WebhookForm, read_form
from app.telephony.signatures import list_origins, make_signature
from app.twilio_gateway import SignatureVerifier

TOKEN = "12345"
URL = "https://mycompany.com"
TARGET = "/myapp.php?foo=1&bar=2"
FIELDS = {
    "CallSid": "CA1234567890ABCDE",
    "Caller": "+14158675309",
    "Digits": "1234",
    "From": "+14158675309",
    "To": "+18005551212",
}
BODY = urlencode(FIELDS).encode()
# The carrier's published test vectors.
WITHOUT_PORT = "RSOYDt4T1cUTdK1PDd93/VVr8B8="
WITH_PORT = "kvajT1Ptam85bY51eRf/AJRuM3w="
DOCUMENT = b'{"property": "value", "boolean": true}'
DOCUMENT_TARGET = (
    TARGET + "&bodySHA256=0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620"
)
DOCUMENT_SIGNATURE = "a9nBmqA0ju/hNViExpshrM61xv4="

verifier = SignatureVerifier(TOKEN, URL)
library = RequestValidator(TOKEN)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


def verify(body: bytes, header: str | None, target: str = TARGET) -> bool:
    return verifier.verify(target, read_form(body), body, header)


@pytest.mark.parametrize("header", [WITHOUT_PORT, WITH_PORT])
def test_the_published_signatures_are_accepted(header: str) -> None:
    assert verify(BODY, header)


@pytest.mark.parametrize("configured", ["https://mycompany.com:443", "https://mycompany.com/"])
@pytest.mark.parametrize("header", [WITHOUT_PORT, WITH_PORT])
def test_it_does_not_matter_how_the_port_was_configured(configured: str, header: str) -> None:
    assert SignatureVerifier(TOKEN, configured).verify(TARGET, read_form(BODY), BODY, header)


def test_a_signed_document_is_accepted() -> None:
    assert verifier.verify(DOCUMENT_TARGET, None, DOCUMENT, DOCUMENT_SIGNATURE)


@pytest.mark.parametrize(
    ("target", "document"),
    [
        (DOCUMENT_TARGET, DOCUMENT + b" "),
        (DOCUMENT_TARGET, b"\xff"),
        (DOCUMENT_TARGET, b""),
        (TARGET, DOCUMENT),
    ],
)
def test_another_document_is_refused(target: str, document: bytes) -> None:
    assert not verifier.verify(target, None, document, DOCUMENT_SIGNATURE)


@pytest.mark.parametrize(
    "header",
    [None, "", " ", "RSOYDt4T1cUTdK1PDd93/VVr8B9=", "é", "\udcff", "=" * 28, WITHOUT_PORT + " "],
)
def test_anything_else_is_refused(header: str | None) -> None:
    assert not verify(BODY, header)


def test_a_changed_field_is_refused() -> None:
    assert not verify(BODY.replace(b"1234&", b"1235&"), WITHOUT_PORT)


def test_another_path_is_refused() -> None:
    assert not verify(BODY, WITHOUT_PORT, target="/other.php?foo=1&bar=2")


def test_without_a_token_nobody_is_the_carrier() -> None:
    anyone = make_signature(b"", URL + TARGET, read_form(BODY).pairs).decode()
    assert not SignatureVerifier("", URL).verify(TARGET, read_form(BODY), BODY, anyone)


def test_blank_fields_are_signed_too() -> None:
    header = library.compute_signature(URL + "/sms", {"Body": "", "A": " x "})
    assert verify(b"Body=&A=+x+", header, target="/sms")


def test_a_form_from_another_parser_is_fine() -> None:
    form = FormData(list(FIELDS.items()))
    assert verifier.verify(TARGET, form, BODY, WITHOUT_PORT)


def test_a_get_is_signed_by_its_address() -> None:
    header = library.compute_signature(URL + "/voice?CallSid=CA1", {})
    assert verifier.verify("/voice?CallSid=CA1", WebhookForm(()), b"", header)


@pytest.mark.parametrize("body", [b"Body=caf%E9", b"Body=caf\xe9"], ids=["quoted", "raw"])
def test_broken_utf8_is_accepted_signed_as_bytes_or_as_text(body: bytes) -> None:
    as_bytes = make_signature(TOKEN.encode(), URL + "/sms", ((b"Body", b"caf\xe9"),)).decode()
    as_text = library.compute_signature(URL + "/sms", {"Body": "caf\N{REPLACEMENT CHARACTER}"})
    assert as_bytes != as_text
    assert verify(body, as_bytes, target="/sms")
    assert verify(body, as_text, target="/sms")
    assert not verify(b"Body=cafe", as_bytes, target="/sms")


@given(st.lists(st.tuples(texts, texts), max_size=8))
def test_our_signature_is_the_librarys(fields: list[tuple[str, str]]) -> None:
    form = read_form(urlencode(fields).encode())
    expected = library.compute_signature(URL, FormData([*fields]))
    assert make_signature(TOKEN.encode(), URL, form.pairs).decode() == expected


@pytest.mark.parametrize(
    ("url", "twin"),
    [
        ("https://a.example/x", "https://a.example:443/x"),
        ("http://a.example", "http://a.example:80"),
        ("http://127.0.0.1:8000", "http://127.0.0.1"),
    ],
)
def test_each_address_has_a_twin_with_or_without_port(url: str, twin: str) -> None:
    assert list_origins(url) == (url, twin)
