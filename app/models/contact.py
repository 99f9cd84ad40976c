"""How a caller may be reached, as a case's operational values hold it."""

from __future__ import annotations

from datetime import datetime

from app.models.values import operational


@operational
class Reach:
    """How a caller may be reached.

    ``hours``: ``HH:MM-HH:MM`` in the case's time zone; empty for any time, None where they said
    something that the machine did not understand.
    """

    granted: bool
    methods: tuple[str, ...] = ()
    hours: tuple[str, ...] | None = None


@operational
class WhatsAppContact:
    """A caller on WhatsApp, who let us write there by writing first.

    ``number`` is E.164 in the form that WhatsApp knows it by. Within a day after ``last_at``, when
    they last wrote there, anything may be sent; after it only what WhatsApp has approved.
    """

    number: str
    last_at: datetime
