"""The organisation's own texts: every change as a row, and the texts that follow from them.

The shipped texts are in ``app.texts``. A change counts from the next text on, in every process:
whoever needs the texts asks for their version first, and reads the changes once for each version.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import uuid4

from sqlalchemy import func, select

from app import audit
from app.access import Permission, Principal
from app.errors import BadRequest, NotFound
from app.models import Deployment, TextChange, TextChangeValues
from app.organisation.settings import read_settings
from app.store import Db, ReadVersion, check_version, show_rows
from app.texts import (
    FIRST_LANGUAGES,
    FieldRefused,
    ReviewRefused,
    TextEdit,
    TextRefused,
    Texts,
    apply_edit,
)

_REFUSED = (TextRefused, FieldRefused, ReviewRefused, KeyError)
_NO_NAME = (
    "Write the name of the person who speaks this language and read the texts, "
    "at most 200 characters."
)


@dataclass(frozen=True)
class TextVersion:
    """A change as it was made: ``number`` is the version of all texts after it."""

    number: int
    change: TextChangeValues


@dataclass(frozen=True)
class _OwnTexts:
    """The texts of one version, made from ``shipped``."""

    version: int
    shipped: Texts
    texts: Texts


def read_texts_version(db: Db) -> int:
    """Return the version of the texts: 0 as they are shipped, one more with each change."""
    known: int | None = db.info.get("texts_version")
    if known is None:
        known = db.scalar(select(func.max(TextChange.position))) or 0
    return known


def read_texts(db: Db, shipped: Texts) -> Texts:
    """Return the texts as they stand; the shipped ones while sealed.

    A change that does not verify, or that this release would refuse, is left out: what callers
    get is then the text before it.
    """
    version = read_texts_version(db)
    if not version or not db.keys.is_open:
        return shipped
    known = db.keys.recall(_OwnTexts)
    if known is None or known.version != version or known.shipped is not shipped:
        known = _OwnTexts(version, shipped, _make_texts(db, shipped))
        db.keys.keep(known)
    return known.texts


def _make_texts(db: Db, shipped: Texts) -> Texts:
    texts = shipped
    for one in _list_changes(db):
        try:
            texts = apply_edit(texts, shipped, _as_edit(one.change))
        except _REFUSED:
            continue
    return texts


def _as_edit(values: TextChangeValues) -> TextEdit:
    return TextEdit(values.language, values.key, values.text, values.reviewed_by, values.enabled)


def _list_changes(db: Db) -> list[TextVersion]:
    """Return all changes, the oldest first."""
    return show_rows(
        db,
        select(TextChange).order_by(TextChange.position),
        lambda row: TextVersion(row.position, db.keys.read_values(row)),
    )


def list_text_versions(
    db: Db, principal: Principal, language: str, key: str | None = None
) -> Sequence[TextVersion]:
    """Return the changes to a language, or to one text of it, the newest first. Sealed."""
    principal.require(Permission.TEXTS)
    return [
        one
        for one in reversed(_list_changes(db))
        if one.change.language == language and key in (None, one.change.key)
    ]


def change_texts(
    db: Db,
    principal: Principal,
    version: ReadVersion,
    edit: TextEdit,
    shipped: Texts,
    now: datetime,
) -> Texts:
    """Word a text anew, review a language or switch it; return the texts as they stand then.

    Forbidden, NotFound, StaleVersion for any but the current ``version``, BadRequest for what may
    not be: a text that must not go out, a review without a name, a further language that is
    switched on before a person reviewed it.
    """
    principal.require(Permission.TEXTS)
    # Whoever changes texts waits here for whoever else does, so that versions follow each other.
    db.scalars(select(Deployment.id).with_for_update()).one()
    current = read_texts_version(db)
    check_version(current, version)
    if edit.reviewed_by is not None:
        edit = replace(edit, reviewed_by=edit.reviewed_by.strip())
    before = read_texts(db, shipped)
    texts = check_edit(db, before, shipped, edit)
    if texts == before and edit.reviewed_by is None:
        return before
    row_id = uuid4()
    values = TextChangeValues(
        language=edit.language,
        author=principal.member_id,
        at=now,
        key=edit.key,
        text=edit.text,
        reviewed_by=edit.reviewed_by,
        enabled=edit.enabled,
    )
    made = db.keys.new_values(TextChange, row_id, values, now)
    db.add(TextChange(id=row_id, position=current + 1, **made))
    db.flush()
    audit.record(db, _name_deed(edit), principal.member_id, row_id, now)
    return texts


def check_edit(db: Db, texts: Texts, shipped: Texts, edit: TextEdit) -> Texts:
    """Return the texts with an edit that may be made. NotFound, BadRequest that says why not."""
    name = read_settings(db).name
    try:
        changed = apply_edit(texts, shipped, edit, never_named=[name] if name.strip() else [])
    except ReviewRefused as error:
        raise BadRequest(_NO_NAME) from error
    except (TextRefused, FieldRefused) as error:
        raise BadRequest(_as_sentence(str(error))) from error
    except KeyError as error:
        raise NotFound from error
    language = changed.find_language(edit.language)
    further = language is not None and language.code not in FIRST_LANGUAGES
    if edit.enabled and further and language is not None and not language.is_reviewed:
        raise BadRequest(
            "A person who speaks this language has to read its texts before callers get them: "
            "write who did, then switch it on."
        )
    return changed


def _as_sentence(said: str) -> str:
    """Return what the rules say without the key in front, which the page shows already."""
    sentence = said.partition(": ")[2] or said
    return f"{sentence[0].upper()}{sentence[1:]}."


def _name_deed(edit: TextEdit) -> str:
    if edit.key is not None:
        return "text.changed"
    return "texts.switched" if edit.enabled is not None else "texts.reviewed"
