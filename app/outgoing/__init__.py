"""Texts on their way out: queued with what caused them, sent once, and honest about doubt.

``queueing`` writes them into the outbox, ``sending`` hands them to the carrier, ``callbacks``
follows what it says about them afterwards.
"""

from app.outgoing.callbacks import StatusUpdate, catch_up, follow
from app.outgoing.queueing import Draft, cancel, queue, queue_test
from app.outgoing.sending import Pacer, send
from app.outgoing.states import NOT_HEARD, UNHEARD

__all__ = [
    "NOT_HEARD",
    "UNHEARD",
    "Draft",
    "Pacer",
    "StatusUpdate",
    "cancel",
    "catch_up",
    "follow",
    "queue",
    "queue_test",
    "send",
]
