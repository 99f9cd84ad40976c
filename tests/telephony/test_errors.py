"""Each refusal of the carrier gets one name, and a name decides what happens next."""

from __future__ import annotations

import pytest

from app.telephony.errors import (
    BadNumber,
    CarrierBusy,
    CarrierError,
    CarrierUnreachable,
    CredentialsRefused,
    Gone,
    NotFinal,
    OptedOut,
    Refused,
    name_carrier_error,
)


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        (429, None, CarrierBusy),
        (429, 20429, CarrierBusy),
        (400, 21611, CarrierBusy),
        (400, 30001, CarrierBusy),
        (400, 14107, CarrierBusy),
        (503, 20429, CarrierBusy),
        (401, 20003, CredentialsRefused),
        (400, 20003, CredentialsRefused),
        (401, None, CredentialsRefused),
        (403, None, CredentialsRefused),
        (400, 21610, OptedOut),
        (403, 21610, OptedOut),
        (400, 21211, BadNumber),
        (400, 21614, BadNumber),
        (403, 21408, BadNumber),
        (409, 20009, NotFinal),
        (400, 20009, NotFinal),
        (404, 20404, Gone),
        (400, 21602, Refused),
        (302, None, Refused),
        (500, None, CarrierUnreachable),
        (502, None, CarrierUnreachable),
        (408, None, CarrierUnreachable),
    ],
)
def test_status_and_code_name_the_error(
    status: int, code: int | None, expected: type[CarrierError]
) -> None:
    error = name_carrier_error(status, code)
    assert type(error) is expected
    assert error.code == code


def test_a_server_error_may_have_sent_the_text() -> None:
    error = name_carrier_error(503, None)
    assert isinstance(error, CarrierUnreachable)
    assert error.maybe_sent


def test_the_docstring_is_the_message() -> None:
    assert str(name_carrier_error(400, 21211)) == "The carrier cannot send texts to this number."


def test_busy_says_how_long_to_wait() -> None:
    error = name_carrier_error(429, 20429, retry_after=7.0)
    assert isinstance(error, CarrierBusy)
    assert error.retry_after == 7.0
