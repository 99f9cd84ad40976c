"""Headers, contexts and padding."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from app.crypto import (
    Context,
    Purpose,
    SealBroken,
    Suite,
    pad_field,
    pad_message,
    purpose_of,
    read_epoch,
    read_suite,
    unpad,
)
from app.crypto.formats import HEADER, LABEL, make_header, read_body

u32 = st.integers(0, 2**32 - 1)
names = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
contexts = st.builds(
    Context, st.uuids(), names, names, st.uuids(), u32, st.none() | st.uuids(), u32
)
headers = st.builds(make_header, st.sampled_from(Suite), st.sampled_from(Purpose), u32)


# -- headers


def test_a_header_is_what_the_design_says() -> None:
    assert make_header(Suite.HPKE, Purpose.MESSAGE, 0x01020304).hex() == "4b01000204" + "01020304"
    assert make_header(Suite.COBBLESTONE, Purpose.FIELD, 1).hex() == "4b01010106" + "00000001"


def test_purposes_and_suites_never_change_their_numbers() -> None:
    assert {purpose.name: int(purpose) for purpose in Purpose} == {
        "GRANT": 1,
        "TEAM_WRAP": 2,
        "BRIEF_WRAP": 3,
        "MESSAGE": 4,
        "NOTE": 5,
        "FIELD": 6,
        "ATTACHMENT": 7,
        "MEMBER_SEED": 8,
        "RECOVERY_SEED": 9,
        "TOTP": 10,
        "ROW_KEY": 11,
        "ROW_VALUES": 12,
        "FORGETTING": 13,
        "SESSION": 14,
        "OPERATIONAL_SEED": 15,
        "BACKUP_KEY": 16,
        "BACKUP": 17,
        "EXPORT": 18,
    }
    assert {suite.name: int(suite) for suite in Suite} == {"HPKE": 2, "COBBLESTONE": 0x101}


@given(st.sampled_from(Suite), st.sampled_from(Purpose), u32, st.binary())
def test_a_header_tells_suite_purpose_and_epoch(
    suite: Suite, purpose: Purpose, epoch: int, body: bytes
) -> None:
    blob = make_header(suite, purpose, epoch) + body
    assert read_suite(blob) is suite
    assert purpose_of(blob) is purpose
    assert read_epoch(blob) == epoch
    assert read_body(blob, make_header(suite, purpose, epoch)) == body


@given(headers, st.integers(0, 4), st.integers(1, 255))
def test_an_unknown_header_is_an_error(head: bytes, position: int, change: int) -> None:
    damaged = bytearray(head)
    damaged[position] ^= change
    assume(not _is_known(bytes(damaged)))
    for read in (read_epoch, purpose_of, read_suite):
        with pytest.raises(SealBroken):
            read(bytes(damaged))


def _is_known(head: bytes) -> bool:
    suites, purposes = {b"\0\2", b"\1\1"}, range(1, 19)
    return head[:2] == b"\x4b\1" and head[2:4] in suites and head[4] in purposes


@pytest.mark.parametrize("length", range(HEADER.size))
def test_a_short_header_is_an_error(length: int) -> None:
    head = make_header(Suite.HPKE, Purpose.MESSAGE, 1)
    for read in (read_epoch, purpose_of, read_suite, lambda blob: read_body(blob, head)):
        with pytest.raises(SealBroken):
            read(head[:length])


@given(headers, headers)
def test_a_header_other_than_expected_is_an_error(found: bytes, expected: bytes) -> None:
    if found != expected:
        with pytest.raises(SealBroken):
            read_body(found + b"body", expected)


# -- contexts


@given(headers, contexts)
def test_a_context_can_be_read_back_so_no_two_are_the_same(head: bytes, context: Context) -> None:
    assert _read_back(context.encode(head)) == (head, context)


def _read_back(encoded: bytes) -> tuple[bytes, Context]:
    assert encoded.startswith(LABEL)
    rest, parts = encoded.removeprefix(LABEL), []
    while rest:
        length = int.from_bytes(rest[:2], "big")
        parts.append(rest[2 : 2 + length])
        rest = rest[2 + length :]
    head, deployment, table, column, row, version, case, epoch = parts
    return head, Context(
        UUID(bytes=deployment),
        table.decode(),
        column.decode(),
        UUID(bytes=row),
        int.from_bytes(version, "big"),
        UUID(bytes=case) if case else None,
        int.from_bytes(epoch, "big"),
    )


@given(names, names, names)
def test_table_and_column_do_not_run_into_each_other(one: str, two: str, three: str) -> None:
    place = Context(uuid4(), one + two, three, uuid4())
    other = replace(place, table=one, column=two + three)
    assert (place.encode(b"") == other.encode(b"")) == (two == "")


@pytest.mark.parametrize(("version", "epoch"), [(2**32, 0), (-1, 0), (0, 2**32), (0, -1)])
def test_a_number_that_does_not_fit_is_refused(version: int, epoch: int) -> None:
    place = Context(uuid4(), "messages", "body", uuid4(), version, None, epoch)
    with pytest.raises(OverflowError):
        place.encode(b"")


# -- padding

MESSAGE_SIZES = {1024} | {4096 * steps for steps in range(1, 10)}
FIELD_SIZES = {256 * 4**steps for steps in range(8)}


@given(st.binary(max_size=30_000))
def test_padding_comes_off(data: bytes) -> None:
    assert unpad(pad_message(data)) == data
    assert unpad(pad_field(data)) == data


@given(st.integers(0, 30_000))
def test_only_the_bucket_is_seen(length: int) -> None:
    message, field = len(pad_message(bytes(length))), len(pad_field(bytes(length)))
    assert message == min(size for size in MESSAGE_SIZES if size >= length + 4)
    assert field == min(size for size in FIELD_SIZES if size >= length + 4)


@pytest.mark.parametrize(
    ("length", "size"),
    [(0, 1024), (1020, 1024), (1021, 4096), (4092, 4096), (4093, 8192), (8189, 12288)],
)
def test_messages_grow_in_steps(length: int, size: int) -> None:
    assert len(pad_message(bytes(length))) == size


@pytest.mark.parametrize(
    ("length", "size"),
    [(0, 256), (252, 256), (253, 1024), (1020, 1024), (1021, 4096), (4093, 16384)],
)
def test_fields_grow_fourfold(length: int, size: int) -> None:
    assert len(pad_field(bytes(length))) == size


@given(st.binary(max_size=200), st.data())
def test_filling_that_is_not_empty_is_an_error(value: bytes, data: st.DataObject) -> None:
    padded = bytearray(pad_field(value))
    position = data.draw(st.integers(4 + len(value), len(padded) - 1))
    padded[position] = data.draw(st.integers(1, 255))
    with pytest.raises(SealBroken):
        unpad(bytes(padded))


@pytest.mark.parametrize(
    "padded", [b"", b"\0\0\0", b"\0\0\0\1", b"\0\0\0\5four", b"\xff\xff\xff\xffmuch"]
)
def test_an_impossible_length_is_an_error(padded: bytes) -> None:
    with pytest.raises(SealBroken):
        unpad(padded)


def test_a_shortened_length_is_an_error() -> None:
    """It would drop the end of what somebody said."""
    padded = bytearray(pad_message(b"not now"))
    padded[3] = 3
    with pytest.raises(SealBroken):
        unpad(bytes(padded))
