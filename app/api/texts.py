"""What callers are told, by language: wordings, reviews, and which languages are offered."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field, model_validator

from app.access import Permission
from app.api.deps import OptionalVersionDep, VisitDep, etag, needs
from app.api.state import Visit
from app.errors import NotFound
from app.organisation import (
    TextVersion,
    change_texts,
    list_text_versions,
    read_texts,
    read_texts_version,
)
from app.store import AnyVersion, Db, ReadVersion
from app.texts import Language, TextEdit, Texts

router = APIRouter(prefix="/v1/texts", tags=["organisation"])


class TextOut(BaseModel):
    """One language's texts, quick replies with `reply_` before their names."""

    language: str
    name: str
    enabled: bool = Field(description="switched on")
    offered: bool = Field(description="callers get it: switched on, and reviewed where it must be")
    reviewed_by: str | None = Field(description="the person who read all texts of the language")
    texts: dict[str, str]


class TextList(BaseModel):
    """All languages; `und` is what is said to everybody."""

    items: list[TextOut]
    next_cursor: str | None = None


class TextVersionOut(BaseModel):
    """One change; `version` is that of all texts after it. `text` null is the shipped one."""

    version: int
    at: datetime
    author: UUID
    key: str | None
    text: str | None
    reviewed_by: str | None
    enabled: bool | None


class TextVersionList(BaseModel):
    """Every change to a language, newest first."""

    items: list[TextVersionOut]
    next_cursor: str | None = None


class ChangeWording(BaseModel):
    """A wording; null goes back to the shipped one. Without a name nobody has reviewed it."""

    text: str | None = Field(max_length=1600)
    reviewed_by: str | None = Field(default=None, max_length=200)


class ChangeLanguage(BaseModel):
    """Who read all texts of a language as they stand, and whether it is switched on."""

    reviewed_by: str | None = Field(default=None, max_length=200)
    enabled: bool | None = None

    @model_validator(mode="after")
    def _something(self) -> ChangeLanguage:
        if self.reviewed_by is None and self.enabled is None:
            raise ValueError("reviewed_by, enabled, or both")
        return self


@router.get("")
def list_texts(visit: VisitDep, response: Response) -> TextList:
    """List the texts for callers, by language."""
    visit.principal.require(Permission.TEXTS)
    with visit.snapshot() as db:
        known, version = read_texts(db, _shipped(visit)), read_texts_version(db)
    etag(response, version)
    return TextList(items=[_out(one) for one in (known.everyone, *known.languages.values())])


@router.get("/{language}/versions")
def list_versions(language: str, visit: VisitDep) -> TextVersionList:
    """List what was changed in a language, when, and by whom."""
    visit.principal.require(Permission.TEXTS)
    if _shipped(visit).find_language(language) is None:
        raise NotFound
    with visit.snapshot() as db:
        found = list_text_versions(db, visit.principal, language)
    return TextVersionList(items=[_version_out(one) for one in found])


@router.put("/{language}", dependencies=[needs(Permission.TEXTS)])
def put_language(
    language: str,
    body: ChangeLanguage,
    visit: VisitDep,
    response: Response,
    version: OptionalVersionDep,
) -> TextOut:
    """Write down who read all texts of a language, or switch it on or off."""
    edits = []
    if body.reviewed_by is not None:
        edits.append(TextEdit(language, reviewed_by=body.reviewed_by))
    if body.enabled is not None:
        edits.append(TextEdit(language, enabled=body.enabled))
    return _change(visit, response, version, edits)


@router.put("/{language}/{key}", dependencies=[needs(Permission.TEXTS)])
def put_wording(
    language: str,
    key: str,
    body: ChangeWording,
    visit: VisitDep,
    response: Response,
    version: OptionalVersionDep,
) -> TextOut:
    """Word a text or a quick reply anew; it counts from the next text on."""
    edit = TextEdit(language, key, body.text, reviewed_by=body.reviewed_by)
    return _change(visit, response, version, [edit])


def _shipped(visit: Visit) -> Texts:
    return visit.service.desk.script.texts


def _change(
    visit: Visit, response: Response, version: ReadVersion, edits: list[TextEdit]
) -> TextOut:
    with visit.transaction() as db:
        for edit in edits:
            known = _change_once(visit, db, version, edit)
            version = AnyVersion()  # the second one stands on the first
        now = read_texts_version(db)
    etag(response, now)
    found = known.find_language(edits[0].language)
    if found is None:
        raise NotFound
    return _out(found)


def _change_once(visit: Visit, db: Db, version: ReadVersion, edit: TextEdit) -> Texts:
    return change_texts(db, visit.principal, version, edit, _shipped(visit), visit.now)


def _out(one: Language) -> TextOut:
    return TextOut(
        language=one.code,
        name=one.name,
        enabled=one.enabled,
        offered=one.is_offered,
        reviewed_by=one.reviewed_by if one.is_reviewed else None,
        texts={**one.texts, **one.replies},
    )


def _version_out(one: TextVersion) -> TextVersionOut:
    said = one.change
    return TextVersionOut(
        version=one.number,
        at=said.at,
        author=said.author,
        key=said.key,
        text=said.text,
        reviewed_by=said.reviewed_by,
        enabled=said.enabled,
    )
