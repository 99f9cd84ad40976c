"""Answers of the REST interface that are filled from a record."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class RecordOut(BaseModel):
    """An answer that takes the attributes of the same names from a record."""

    model_config = ConfigDict(from_attributes=True)
