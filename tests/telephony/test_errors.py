"""Each refusal of the carrier gets one name, and a name decides what happens next."""

from __future__ import annotations

import pytest

from app.telephony import errors
from app.telephony.errors import carrier_error


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        (429, None, errors.CarrierBusy),
        (429, 20429, errors.CarrierBusy),
        (400, 21611, errors.CarrierBusy),
        (400, 30001, errors.CarrierBusy),
        (400, 14107, errors.CarrierBusy),
        (503, 20429, errors.CarrierBusy),
        (401, 20003, errors.CredentialsRefused),
        (400, 20003, errors.CredentialsRefused),
        (401, None, errors.CredentialsRefused),
        (403, None, errors.CredentialsRefused),
        (400, 21610, errors.OptedOut),
        (403, 21610, errors.OptedOut),
        (400, 21211, errors.BadNumber),
        (400, 21614, errors.BadNumber),
        (403, 21408, errors.BadNumber),
        (409, 20009, errors.NotFinal),
        (400, 20009, errors.NotFinal),
        (404, 20404, errors.Gone),
        (400, 21602, errors.Refused),
        (302, None, errors.Refused),
        (500, None, errors.CarrierUnreachable),
        (502, None, errors.CarrierUnreachable),
        (408, None, errors.CarrierUnreachable),
    ],
)
def test_status_and_code_name_the_error(
    status: int, code: int | None, expected: type[errors.CarrierError]
) -> None:
    error = carrier_error(status, code)
    assert type(error) is expected
    assert error.code == code


def test_a_server_error_may_have_sent_the_text() -> None:
    error = carrier_error(503, None)
    assert isinstance(error, errors.CarrierUnreachable)
    assert error.maybe_sent


def test_the_docstring_is_the_message() -> None:
    assert str(carrier_error(400, 21211)) == "The carrier cannot send texts to this number."


def test_busy_says_how_long_to_wait() -> None:
    error = carrier_error(429, 20429, retry_after=7.0)
    assert isinstance(error, errors.CarrierBusy)
    assert error.retry_after == 7.0
