"""Why the carrier did not do what was asked; each docstring is the message people read.

No error carries what the carrier wrote: its sentences repeat phone numbers, and errors get logged.
"""

from __future__ import annotations

import inspect


class CarrierError(Exception):
    """The carrier did not do what was asked."""

    def __init__(self, code: int | None = None) -> None:
        super().__init__(inspect.cleandoc(self.__doc__ or ""))
        self.code = code
        """The carrier's own error number, or ``None`` where it gave none."""


class CarrierBusy(CarrierError):
    """The carrier wants us to slow down; nothing was sent, try again later."""

    def __init__(self, code: int | None = None, retry_after: float | None = None) -> None:
        super().__init__(code)
        self.retry_after = retry_after
        """Seconds the carrier asked us to wait, or ``None`` where it did not say."""


class CarrierUnreachable(CarrierError):
    """The carrier could not be reached, or did not finish its answer."""

    def __init__(self, code: int | None = None, *, maybe_sent: bool) -> None:
        super().__init__(code)
        self.maybe_sent = maybe_sent
        """``False`` only where the request provably never left; otherwise never send it again
        without asking the carrier's list first."""


class CredentialsRefused(CarrierError):
    """The carrier refused our account's credentials or their permissions."""


class OptedOut(CarrierError):
    """This person told the carrier to stop texts from us; only they can undo it."""


class BadNumber(CarrierError):
    """The carrier cannot send texts to this number."""


class NotFinal(CarrierError):
    """The carrier cannot delete this yet, because it is still being delivered."""


class Refused(CarrierError):
    """The carrier refused this for good; trying again will not help."""


class Gone(Refused):
    """The carrier does not have this, or has it no longer."""


# Source: the carrier's error dictionary, https://www.twilio.com/docs/api/errors/<code>
_BY_CODE: dict[int, type[CredentialsRefused | OptedOut | BadNumber | NotFinal]] = {
    20003: CredentialsRefused,
    20009: NotFinal,
    21211: BadNumber,  # "To" is not a phone number
    21214: BadNumber,  # "To" cannot be reached
    21217: BadNumber,  # "To" is not formatted as a number
    21408: BadNumber,  # the account may not text this country
    21610: OptedOut,
    21612: BadNumber,  # no route from our number to this one
    21614: BadNumber,  # "To" is not a mobile number
    21635: BadNumber,  # "To" is a landline
    63003: BadNumber,  # the channel does not know this recipient
}
_BUSY_CODES = frozenset({
    14107,  # reply loop: over 30 texts between two numbers within 30 s
    20429,  # too many requests
    21611,  # the sender's queue holds four hours of texts already
    30001,  # queue overflow
})  # fmt: skip


def name_carrier_error(
    status: int, code: int | None, retry_after: float | None = None
) -> CarrierError:
    """Name the error for an HTTP ``status`` of 300 or more and the carrier's own ``code``.

    A 5xx counts as *maybe sent*: a gateway that timed out in front of a working service answers
    exactly so, and a second text can put a caller in danger where a late one only costs time.
    """
    if code is not None and code in _BY_CODE:
        return _BY_CODE[code](code)
    if status == 429 or code in _BUSY_CODES:
        return CarrierBusy(code, retry_after)
    if status in {401, 403}:
        return CredentialsRefused(code)
    if status == 404:
        return Gone(code)
    if status >= 500 or status == 408:
        return CarrierUnreachable(code, maybe_sent=True)
    return Refused(code)
