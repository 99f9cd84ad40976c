"""Webhook bodies are parsed once; the bytes stay, blanks stay, nothing is refused but size."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.telephony import TooManyFields, read_form

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@given(st.lists(st.tuples(texts, texts)))
def test_what_was_encoded_is_read_back(fields: list[tuple[str, str]]) -> None:
    body = urlencode(fields).encode()
    pairs = tuple((name.encode(), value.encode()) for name, value in fields)
    assert read_form(body).pairs == pairs


@given(st.binary(max_size=200))
def test_any_bytes_have_an_answer(body: bytes) -> None:
    form = read_form(body)
    expected = parse_qsl(body.decode("latin-1"), keep_blank_values=True)
    assert len(form.pairs) == len(expected)


def test_blank_fields_stay() -> None:
    assert dict(read_form(b"Body=&FromCity&To=%2B1")) == {"Body": "", "FromCity": "", "To": "+1"}


def test_repeated_fields_keep_every_value() -> None:
    form = read_form(b"a=1&a=2")
    assert form["a"] == "2"
    assert form.getlist("a") == ["1", "2"]


def test_raw_utf8_is_read_as_utf8() -> None:
    assert read_form("Body=ça+va".encode())["Body"] == "ça va"


def test_too_many_fields_are_refused() -> None:
    assert len(read_form(b"&".join(b"f%d=" % i for i in range(1000)))) == 1000
    with pytest.raises(TooManyFields):
        read_form(b"&".join(b"f%d=" % i for i in range(1001)))
