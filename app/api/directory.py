"""The directory: people and places that are not members."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field, StringConstraints

from app.access import Permission
from app.api.deps import IdempotencyKey, VersionDep, VisitDep, etag, fingerprint, needs
from app.knowledge import (
    LONGEST_ENTRY,
    DirectoryItem,
    add_entry,
    change_entry,
    list_entries,
    read_entry,
    remove_entry,
)
from app.models import DirectoryValues
from app.store import do_once

router = APIRouter(prefix="/v1/directory", tags=["directory"])
Words = Annotated[str, Field(max_length=LONGEST_ENTRY)]
Code = Annotated[str, StringConstraints(max_length=64)]
Kind = Literal["lawyer", "clinic", "detention", "office", "other"]


class NewEntry(BaseModel):
    """A lawyer, clinic, detention place, office."""

    kind: Kind
    name: Words
    phone: Words = ""
    address: Words = ""
    languages: list[Code] = Field(default_factory=list, max_length=32)
    region: Code | None = None
    hours: Words = ""
    notes: Words = ""


class ChangeEntry(BaseModel):
    """What a PATCH can change."""

    kind: Kind | None = None
    name: Words | None = None
    phone: Words | None = None
    address: Words | None = None
    languages: list[Code] | None = Field(default=None, max_length=32)
    region: Code | None = None
    hours: Words | None = None
    notes: Words | None = None


class DirectoryEntryOut(NewEntry):
    """An entry as it is kept."""

    id: UUID
    version: int


class DirectoryList(BaseModel):
    """The entries by kind and name."""

    items: list[DirectoryEntryOut]
    next_cursor: str | None = None


@router.get("")
def listed(
    visit: VisitDep,
    kind: Kind | None = None,
    region: Annotated[str | None, Query(max_length=64)] = None,
) -> DirectoryList:
    """List the directory, or one kind or region of it."""
    with visit.snapshot() as db:
        found = list_entries(db, visit.principal, kind, region)
    return DirectoryList(items=[_out(entry) for entry in found])


@router.post("", status_code=201, dependencies=[needs(Permission.DIRECTORY)])
def add(
    body: NewEntry,
    visit: VisitDep,
    request: Request,
    response: Response,
    idempotency_key: IdempotencyKey = None,
) -> DirectoryEntryOut:
    """Add an entry."""
    values = DirectoryValues(**body.model_dump())
    with visit.transaction() as db:

        def make() -> UUID:
            return add_entry(db, visit.principal, values, visit.now).id

        key = fingerprint(request, body)
        entry_id = do_once(db, visit.principal, idempotency_key, key, visit.now, make)
        return _answer(read_entry(db, visit.principal, entry_id), response)


@router.get("/{entry_id}")
def read(entry_id: UUID, visit: VisitDep, response: Response) -> DirectoryEntryOut:
    """Return one entry."""
    with visit.snapshot() as db:
        return _answer(read_entry(db, visit.principal, entry_id), response)


@router.patch("/{entry_id}", dependencies=[needs(Permission.DIRECTORY)])
def change(
    entry_id: UUID, body: ChangeEntry, version: VersionDep, visit: VisitDep, response: Response
) -> DirectoryEntryOut:
    """Change an entry."""
    change = partial(replace, **body.model_dump(exclude_unset=True))
    with visit.transaction() as db:
        entry = change_entry(db, visit.principal, entry_id, version, change, visit.now)
        return _answer(entry, response)


@router.delete("/{entry_id}", status_code=204)
def remove(entry_id: UUID, visit: VisitDep) -> Response:
    """Delete an entry."""
    with visit.transaction() as db:
        remove_entry(db, visit.principal, entry_id, visit.now)
    return Response(status_code=204)


def _out(entry: DirectoryItem) -> DirectoryEntryOut:
    return DirectoryEntryOut(id=entry.id, version=entry.version, **vars(entry.values))


def _answer(entry: DirectoryItem, response: Response) -> DirectoryEntryOut:
    etag(response, entry.version)
    return _out(entry)
