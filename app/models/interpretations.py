"""Texts that an interpreter reads and answers, while they have the request."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped

from app.models.base import Base, plain, sealed


class Interpretation(Base):
    """One text that the desk gave to an interpreter, and their answer.

    ``message_id`` is the text of the conversation that it copies; None for words of the desk's own,
    which are to be said in the caller's language. ``text`` is sealed to the brief of the request,
    for the interpreter; ``original`` is the same text, sealed to the case, so that a brief that is
    written anew takes it along. ``answer`` is sealed to the case. ``place`` counts from 1 within
    the request.
    """

    __tablename__ = "interpretations"
    __table_args__ = (
        Index("uq_interpretations_request_place", "request_id", "place", unique=True),
    )

    id: Mapped[UUID] = plain(primary_key=True)
    request_id: Mapped[UUID] = plain(ForeignKey("requests.id"))
    case_id: Mapped[UUID] = plain(ForeignKey("cases.id"), index=True)
    assignment_id: Mapped[UUID] = plain(ForeignKey("assignments.id"), index=True)
    message_id: Mapped[UUID | None] = plain()
    place: Mapped[int] = plain()
    text: Mapped[bytes] = sealed()
    text_version: Mapped[int] = plain(default=1)
    text_epoch: Mapped[int] = plain()
    original: Mapped[bytes] = sealed()
    original_version: Mapped[int] = plain(default=1)
    original_epoch: Mapped[int] = plain()
    answer: Mapped[bytes | None] = sealed()
    answer_version: Mapped[int] = plain(default=0)
    answer_epoch: Mapped[int] = plain(default=0)
