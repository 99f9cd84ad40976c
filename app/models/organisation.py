"""The deployment itself, its settings, and the index keys."""

from __future__ import annotations

from dataclasses import field
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Mapped

from app.models.base import Base, OperationalRow, plain
from app.models.values import operational


@operational
class OrganisationSettings:
    """What the organisation chooses; every field begins with its default.

    ``name`` is never shown to callers. ``regions`` and ``fields`` are codes: where callers are, and
    what the sheet of a case may hold. ``languages`` are those of information cards.
    ``detention_places`` are offered where a member writes down where a person is held. ``zones``
    names the time zone of each region whose clocks differ from the organisation's.

    ``price_per_segment`` and ``monthly_cap`` are in the currency of the carrier's account; a cap of
    0 is no cap. ``automatic_per_hour`` counts automatic texts to all callers together; those of
    tier 1 may use it twice, those of tier 0 always go. With ``voice_challenge`` callers press a
    digit first. ``calls_per_hour`` counts calls of one phone; further ones ring at no desk and can
    leave a message; 0 is no limit. ``callbacks_per_case`` and ``callbacks_per_day`` count calls
    that the desk makes within 24 hours. ``callback_countries`` are the countries (ISO 3166) that
    the desk may call.
    """

    name: str = ""
    regions: tuple[str, ...] = (
        "montreal",
        "laval",
        "quebec",
        "ottawa",
        "toronto",
        "vancouver",
        "other",
    )
    fields: tuple[str, ...] = (
        "subject_name",
        "subject_relation",
        "contact_name",
        "client_id",
        "held_at",
        "taken_at",
        "lawyer",
        "medication",
        "children",
        "hearing_office",
        "document_title",
        "received_on",
        "notes_legal",
    )
    languages: tuple[str, ...] = ("en", "fr", "es", "ht")
    detention_places: tuple[str, ...] = ("Toronto", "Laval", "Surrey", "provincial jail")
    zones: dict[str, str] = field(default_factory=lambda: {"vancouver": "America/Vancouver"})
    price_per_segment: float = 0.0
    monthly_cap: float = 0.0
    automatic_per_hour: int = 3000
    voice_challenge: bool = False
    calls_per_hour: int = 6
    callbacks_per_case: int = 6
    callbacks_per_day: int = 200
    callback_countries: tuple[str, ...] = ("CA", "US")


class Deployment(OperationalRow[OrganisationSettings], Base):
    """One row: the deployment's id, its operational public key, and its settings."""

    __tablename__ = "deployment"

    id: Mapped[UUID] = plain(primary_key=True)
    created_at: Mapped[datetime] = plain()
    operational_public: Mapped[bytes] = plain()
    version: Mapped[int] = plain(default=1)
    clock_offset_s: Mapped[float] = plain(default=0.0)


@operational
class IndexKeyValues:
    """The key itself, in hexadecimal digits."""

    key: str


class IndexKey(OperationalRow[IndexKeyValues], Base):
    """A random key for the HMACs of numbers."""

    __tablename__ = "index_keys"

    id: Mapped[UUID] = plain(primary_key=True)
    created_at: Mapped[datetime] = plain()
    current: Mapped[bool] = plain(default=True)


@operational
class TextChangeValues:
    """One change to the texts of a ``language``, by whom and when.

    With a ``key`` it is a wording: ``text``, or None for the shipped one, and who read it. Without
    one, ``reviewed_by`` read all texts of the language as they stood, or ``enabled`` switched it.
    """

    language: str
    author: UUID
    at: datetime
    key: str | None = None
    text: str | None = None
    reviewed_by: str | None = None
    enabled: bool | None = None


class TextChange(OperationalRow[TextChangeValues], Base):
    """One change to what callers are told; ``position`` is the version of all texts after it."""

    __tablename__ = "text_changes"

    id: Mapped[UUID] = plain(primary_key=True)
    position: Mapped[int] = plain(unique=True)
