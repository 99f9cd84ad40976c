"""Every refusal, by name. The docstring is the sentence a volunteer reads; there is no HTTP here.

The API maps each ``slug`` to a status in one table (``app.api.errors``).
"""

from __future__ import annotations


class Refusal(Exception):
    """Something could not be done."""

    slug = "bad-request"

    def __init__(self, detail: str | None = None) -> None:
        super().__init__(detail or " ".join((self.__doc__ or "").split()))

    @property
    def detail(self) -> str:
        """The sentence for the person in front of the screen."""
        return str(self.args[0])


class BadRequest(Refusal):
    """Something in the request is missing or not understood."""


class NotFound(Refusal):
    """There is nothing here that you can see."""

    slug = "not-found"


class Unauthenticated(Refusal):
    """Please sign in. The name, passphrase or code was not right, or the session has ended."""

    slug = "unauthenticated"


class Forbidden(Refusal):
    """Your role does not allow this."""

    slug = "forbidden"


class Throttled(Refusal):
    """Too many tries in a short time. Please wait a moment and try again."""

    slug = "throttled"

    def __init__(self, retry_after: int, *, busy: bool = False) -> None:
        super().__init__()
        self.retry_after = retry_after
        self.busy = busy


class VersionRequired(Refusal):
    """Send the version you read in If-Match, so that nobody's change is overwritten."""

    slug = "version-required"


class StaleVersion(Refusal):
    """Somebody changed this in the meantime. Read it again, then decide."""

    slug = "stale-version"

    def __init__(self, version: int) -> None:
        super().__init__()
        self.version = version


class OfferTaken(Refusal):
    """Somebody else was faster."""

    slug = "offer-taken"


class OfferExpired(Refusal):
    """This is not open any more. Thank you for looking; others are being asked."""

    slug = "offer-expired"


class CaseClosed(Refusal):
    """This case is closed. Somebody who holds the archive can reopen it."""

    slug = "case-closed"


class ReasonMissing(Refusal):
    """This case is closed. Say first why you have to open it (break-glass, with a reason).

    The other coordinators are told. It then opens to you for an hour.
    """

    slug = "case-closed"


class CaseErased(Refusal):
    """This case was erased. Nothing of it is left."""

    slug = "case-erased"


class CaseHeld(Refusal):
    """This case is on hold: it cannot be erased until a coordinator lifts the hold."""

    slug = "forbidden"


class ConsentMissing(Refusal):
    """The caller has not agreed to this yet. Record the consent, or an override with a reason."""

    slug = "consent-missing"


class HoursNotSaid(ConsentMissing):
    """At which hours is it safe? The caller has not said. Record what they say, or “any time”.

    Until then only a text or call of the last 30 minutes may be answered.
    """


class UnsafeMethod(Refusal):
    """The caller said that this way of reaching them is not safe."""

    slug = "unsafe-method"


class OutsideSafeHours(Refusal):
    """The caller said that this is not a safe time to reach them."""

    slug = "outside-safe-hours"


class NumberSuppressed(Refusal):
    """This phone asked not to be texted (STOP, or a wrong number). It has to text START first."""

    slug = "number-suppressed"


class LastKeyHolder(Refusal):
    """Without this person nobody could open the team's cases. Repeat with the acknowledgement."""

    slug = "last-key-holder"


class NotReleasable(Refusal):
    """Only whole periods of the calendar that are over can be released, each once."""

    slug = "not-releasable"


class BudgetSpent(Refusal):
    """What may be told about these cases has been told: nothing more can be drawn from them."""

    slug = "budget-spent"


class IdempotencyMismatch(Refusal):
    """This Idempotency-Key was already used for another request."""

    slug = "idempotency-mismatch"


class Sealed(Refusal):
    """The server is sealed: somebody of the desk has to sign in before this can be read."""

    slug = "sealed"


class CarrierUnavailable(Refusal):
    """The telephone network does not answer. Please try again."""

    slug = "carrier-unavailable"


class PayloadTooLarge(Refusal):
    """This is larger than can be taken."""

    slug = "payload-too-large"


class OperatorError(Exception):
    """A condition the operator must mend; shown as one line, without traceback."""
