"""How a caller may be reached, as a case's operational values hold it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from app.models.values import operational


class HoursSaid(StrEnum):
    """What is known of a caller's safe hours. ``ANY_TIME`` is never assumed: they chose it."""

    NOT_SAID = "not_said"
    ANY_TIME = "any_time"
    WINDOWS = "windows"


@operational
class SafeHours:
    """When a caller said that they may be reached.

    ``windows``: ``HH:MM-HH:MM`` in the case's time zone, at least one where ``said`` is
    ``WINDOWS`` and none elsewhere. ValueError.
    """

    said: HoursSaid = HoursSaid.NOT_SAID
    windows: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if bool(self.windows) != (self.said is HoursSaid.WINDOWS):
            raise ValueError("safe hours have windows, or they are not said or any time")


HOURS_NOT_SAID = SafeHours()
ANY_TIME = SafeHours(said=HoursSaid.ANY_TIME)


@operational
class Reach:
    """How a caller may be reached."""

    granted: bool
    methods: tuple[str, ...] = ()
    hours: SafeHours = HOURS_NOT_SAID


@operational
class WhatsAppContact:
    """A caller on WhatsApp, who let us write there by writing first.

    ``number`` is E.164 in the form that WhatsApp knows it by. Within a day after ``last_at``, when
    they last wrote there, anything may be sent; after it only what WhatsApp has approved.
    """

    number: str
    last_at: datetime
