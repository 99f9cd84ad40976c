"""The deployment itself, its settings, and the index keys."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Mapped

from app.models.base import Base, OperationalRow, plain


class Deployment(OperationalRow[Any], Base):
    """One row: who we are, the operational public half, and the organisation's settings.

    Operational values: ``settings``, see ``app.organisation.settings``.
    """

    __tablename__ = "deployment"

    id: Mapped[UUID] = plain(primary_key=True)
    created_at: Mapped[datetime] = plain()
    operational_public: Mapped[bytes] = plain()
    version: Mapped[int] = plain(default=1)
    clock_offset_s: Mapped[float] = plain(default=0.0)


class IndexKey(OperationalRow[Any], Base):
    """A random key for the HMACs of numbers; operational values: ``key`` (hex)."""

    __tablename__ = "index_keys"

    id: Mapped[UUID] = plain(primary_key=True)
    created_at: Mapped[datetime] = plain()
    current: Mapped[bool] = plain(default=True)
