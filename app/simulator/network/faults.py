"""Faults of the network, on request."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

KINDS = {
    "webhook-lost": "an inbound text never reaches the service; the carrier keeps it; for a call "
    "the carrier asks the fallback",
    "webhook-duplicate": "an inbound text comes twice, at once or the second delay_s later; for a "
    "call the carrier asks twice, and takes the second answer",
    "webhook-delay": "an inbound text, or the question what to do with a call, comes delay_s (60) "
    "later",
    "webhook-reorder": "an inbound text comes after the next one, at the latest after delay_s (60)",
    "status-lost": "a status callback never comes",
    "status-duplicate": "a status callback comes twice",
    "status-delay": "a status callback comes delay_s (60) later",
    "status-reorder": "a status callback comes after the next one of the same text or call",
    "api-5xx": "the answer to a request is 500; it has no effect",
    "api-429": "the answer to a request is 429 (20429); delay_s becomes Retry-After",
    "api-20003": "the answer to a request is 401, as with wrong credentials",
    "api-14107": "the API refuses a text: two machines answer each other",
    "api-20009": "the answer to a DELETE is 409: the resource is not final yet",
    "api-21610": "the API refuses a text: the person opted out",
    "api-21611": "the API refuses a text: the sender's queue is full",
    "api-30003": "the API accepts a text, which is undelivered later: the handset is unreachable",
    "api-timeout": "a request gets no answer and has no effect; the line is cut after delay_s "
    "real seconds",
    "api-timeout-after-accept": "a request sends a text or makes a call, but gets no answer",
    "callback-21610": "the API accepts a text, which is undelivered later: the person opted out",
    "body-trial": "the carrier puts a trial account's sentence in front of a text",
    "body-encoding": "the carrier puts plain signs in place of a text's typographic ones",
    "call-stuck": "the API accepts a call to a phone, which stays queued until the service ends it",
    "recording-absent": "the carrier records the caller's words, but then has no recording",
    "recording-failed": "the carrier records the caller's words, but then reports a failure",
    "number-out-of-service": "until cleared: the hotline has lost its number or, with a phone as "
    "match, that phone is unreachable",
}
DEFAULT_DELAY_S = 60.0
_UNTIL_CLEARED = {"number-out-of-service"}


class UnknownFault(ValueError):
    """There is no such fault; the message lists the faults there are."""

    def __init__(self) -> None:
        super().__init__("unknown kind of fault; there are: " + ", ".join(KINDS))


@dataclass(slots=True)
class Fault:
    """One order to misbehave, ``remaining`` more times (``None``: until cleared)."""

    id: int
    kind: str
    match: str | None
    remaining: int | None
    delay_s: float | None
    happened: int = 0

    @property
    def delay(self) -> float:
        """Seconds to wait, for a kind that delays."""
        return DEFAULT_DELAY_S if self.delay_s is None else self.delay_s


class Faults:
    """The faults that tests ordered and that are not yet used up, oldest first."""

    def __init__(self) -> None:
        self._active: list[Fault] = []
        self._ids = itertools.count(1)

    def add(
        self,
        kind: str,
        *,
        match: str | None = None,
        count: int | None = None,
        delay_s: float | None = None,
    ) -> Fault:
        """Order ``kind`` for the next ``count`` (1) events whose labels contain ``match``.

        The kind may come without ``api-`` or ``webhook-``. Labels are the phone's number, the
        method and path of a request or webhook, and for a callback its status: the status of a
        text or call, ``recording-`` and its status, ``detection``, ``action``, or the event of a
        conference, which has its sid instead of a number. Raises ``UnknownFault``.
        """
        named = next((k for k in (kind, f"api-{kind}", f"webhook-{kind}") if k in KINDS), None)
        if named is None:
            raise UnknownFault
        times = count if count is not None else None if named in _UNTIL_CLEARED else 1
        fault = Fault(next(self._ids), named, match or None, times, delay_s)
        self._active.append(fault)
        return fault

    def take(self, kind: str, *labels: str) -> Fault | None:
        """Use up one ``kind`` that matches any of ``labels``; None if there is none."""
        if not self._active:
            return None
        for fault in self._active:
            if fault.kind == kind and _matches(fault, labels):
                return self._use(fault)
        return None

    def clear(self, fault_id: int | None = None) -> None:
        """Forget one fault, or all of them."""
        self._active = [f for f in self._active if fault_id is not None and f.id != fault_id]

    @property
    def active(self) -> tuple[Fault, ...]:
        """The faults that are still to happen."""
        return tuple(self._active)

    def _use(self, fault: Fault) -> Fault:
        fault.happened += 1
        if fault.remaining is not None:
            fault.remaining -= 1
            if fault.remaining <= 0:
                self._active.remove(fault)
        return fault


def _matches(fault: Fault, labels: tuple[str, ...]) -> bool:
    return fault.match is None or any(fault.match in label for label in labels)
