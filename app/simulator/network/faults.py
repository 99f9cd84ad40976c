"""What can go wrong on the line, on request."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

KINDS = {
    "webhook-lost": "an inbound text never reaches the service; the carrier keeps it; for a call "
    "the fallback is asked",
    "webhook-duplicate": "an inbound text is posted twice, at once or the second delay_s later; "
    "for a call what to do is asked twice, and the second answer counts",
    "webhook-delay": "an inbound text is posted, or asked what to do with a call, delay_s (60) "
    "later",
    "webhook-reorder": "an inbound text is posted after the next one, at the latest delay_s (60)",
    "status-lost": "a status callback is never posted",
    "status-duplicate": "a status callback is posted twice",
    "status-delay": "a status callback is posted delay_s (60) later",
    "status-reorder": "a status callback is posted after the next one of the same text or call",
    "api-5xx": "a request is answered 500 and has no effect",
    "api-429": "a request is answered 429 (20429); delay_s becomes Retry-After",
    "api-20003": "a request is answered 401, as with wrong credentials",
    "api-14107": "a text is refused: two machines are answering each other",
    "api-20009": "a DELETE is answered 409: the resource is not final yet",
    "api-21610": "a text is refused: the person opted out",
    "api-21611": "a text is refused: the sender's queue is full",
    "api-30003": "a text is accepted, later undelivered: the handset is unreachable",
    "api-timeout": "a request gets no answer and has no effect; cut after delay_s real seconds",
    "api-timeout-after-accept": "a text is sent or a call made, but its request gets no answer",
    "call-stuck": "a call to a phone is accepted, and then nothing: it stays queued until the "
    "service ends it",
    "recording-absent": "what somebody says is recorded, and then it is not there",
    "recording-failed": "what somebody says is recorded, and then that has failed",
    "number-out-of-service": "until cleared: the hotline's number is taken away, or, with a phone "
    "as match, that phone is unreachable",
}
DEFAULT_DELAY_S = 60.0
_UNTIL_CLEARED = {"number-out-of-service"}


class UnknownFault(ValueError):
    """No such fault; the message lists those there are."""

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
        """Seconds to wait where the kind is about waiting."""
        return DEFAULT_DELAY_S if self.delay_s is None else self.delay_s


class Faults:
    """The faults ordered and not yet used up, oldest first."""

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

        ``api-`` and ``webhook-`` may be left out of the kind. Labels are the phone's number, the
        method and path of a request or webhook, and for a callback its status: of a text or call,
        ``recording-`` and its status, ``detection``, ``action``, or the event of a conference,
        which has its sid instead of a number. Raises ``UnknownFault``.
        """
        named = next((k for k in (kind, f"api-{kind}", f"webhook-{kind}") if k in KINDS), None)
        if named is None:
            raise UnknownFault
        times = count if count is not None else None if named in _UNTIL_CLEARED else 1
        fault = Fault(next(self._ids), named, match or None, times, delay_s)
        self._active.append(fault)
        return fault

    def take(self, kind: str, *labels: str) -> Fault | None:
        """Use up one ``kind`` that matches any of ``labels``; ``None`` if all is well."""
        if not self._active:
            return None
        for fault in self._active:
            if fault.kind == kind and _matches(fault, labels):
                return self._used(fault)
        return None

    def clear(self, fault_id: int | None = None) -> None:
        """Forget one fault, or all of them."""
        self._active = [f for f in self._active if fault_id is not None and f.id != fault_id]

    @property
    def active(self) -> tuple[Fault, ...]:
        """What is still going to happen."""
        return tuple(self._active)

    def _used(self, fault: Fault) -> Fault:
        fault.happened += 1
        if fault.remaining is not None:
            fault.remaining -= 1
            if fault.remaining <= 0:
                self._active.remove(fault)
        return fault


def _matches(fault: Fault, labels: tuple[str, ...]) -> bool:
    return fault.match is None or any(fault.match in label for label in labels)
