"""What callers are told: coordinators read it, word it anew, and write down who checked it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from app.access import Permission
from app.console.errors import PageRoute
from app.console.preview import Preview, preview
from app.console.screens import MemberScreen, MemberScreenDep
from app.errors import NotFound, Refusal
from app.members import list_handles
from app.organisation import (
    change_texts,
    check_edit,
    list_text_versions,
    read_texts,
    read_texts_version,
)
from app.store import Db
from app.texts import LANGUAGE_NAMES, PLACEHOLDERS, Language, TextEdit, Texts

router = APIRouter(prefix="/texts", include_in_schema=False, route_class=PageRoute)
LONGEST = 1600


@dataclass(frozen=True)
class ShownText:
    """One text or quick reply beside the English one; ``text`` None where there is none yet."""

    key: str
    label: str
    text: str | None
    english: str | None
    fixed: bool


@router.get("")
def listed(screen: MemberScreenDep) -> Response:
    """List the languages."""
    screen.visit.principal.require(Permission.TEXTS)
    with screen.visit.snapshot() as db:
        known = _read(db, screen)
    return screen.page(
        "texts.html", languages=(known.everyone, *known.languages.values()), names=LANGUAGE_NAMES
    )


@router.get("/{code}")
def language(code: str, screen: MemberScreenDep) -> Response:
    """Show every text of a language."""
    return _language_page(screen, code)


@router.post("/{code}")
def change_language(code: str, screen: MemberScreenDep) -> Response:
    """Write down who read all texts of a language, or switch it."""
    form = screen.form
    if form.get("action") == "review":
        edit = TextEdit(code, reviewed_by=form.get("reviewed_by"))
    else:
        edit = TextEdit(code, enabled=form.get("action") == "on")
    refusal = _change(screen, edit)
    if refusal is None:
        return screen.go(f"/texts/{code}?done=changed")
    return _language_page(screen, code, refusal, "switch" if edit.reviewed_by is None else "by")


@router.get("/{code}/{key}")
def wording(code: str, key: str, screen: MemberScreenDep) -> Response:
    """Show one text with its versions and the form to change it."""
    return _wording_page(screen, code, key)


@router.post("/{code}/{key}")
def change_wording(code: str, key: str, screen: MemberScreenDep) -> Response:
    """Look at a wording as a phone would show it, or save it, or go back to an earlier one."""
    form = screen.form
    text: str | None = form.get("text")[:LONGEST]
    if form.get("action") == "preview":
        edit = TextEdit(code, key, text)
        refusal = screen.try_change(lambda db: _check(db, screen, edit))
        return _wording_page(screen, code, key, refusal, text)
    if form.get("action") == "shipped":
        text = None
    edit = TextEdit(code, key, text, reviewed_by=form.get("reviewed_by") or None)
    refusal = _change(screen, edit)
    if refusal is None:
        return screen.go(f"/texts/{code}/{key}?done=changed")
    return _wording_page(screen, code, key, refusal, text)


def _read(db: Db, screen: MemberScreen) -> Texts:
    return read_texts(db, screen.service.desk.script.texts)


def _find(known: Texts, code: str) -> Language:
    found = known.find_language(code)
    if found is None:
        raise NotFound
    return found


def _check(db: Db, screen: MemberScreen, edit: TextEdit) -> None:
    screen.visit.principal.require(Permission.TEXTS)
    check_edit(db, _read(db, screen), screen.service.desk.script.texts, edit)


def _change(screen: MemberScreen, edit: TextEdit) -> Refusal | None:
    visit, shipped = screen.visit, screen.service.desk.script.texts
    visit.principal.require(Permission.TEXTS)

    def change(db: Db) -> object:
        return change_texts(db, visit.principal, screen.form.version(), edit, shipped, visit.now)

    return screen.try_change(change)


def _language_page(
    screen: MemberScreen, code: str, refusal: Refusal | None = None, field: str = ""
) -> Response:
    visit = screen.visit
    with visit.snapshot() as db:
        versions = list_text_versions(db, visit.principal, code)
        known, version, handles = _read(db, screen), read_texts_version(db), list_handles(db)
    return screen.form_page(
        "texts_language.html",
        refusal,
        field,
        here=f"/texts/{code}",
        language=_find(known, code),
        names=LANGUAGE_NAMES,
        shown=_list_shown(known, _find(known, code)),
        versions=versions,
        version=version,
        handles=handles,
        typed=screen.form,
    )


def _wording_page(
    screen: MemberScreen,
    code: str,
    key: str,
    refusal: Refusal | None = None,
    typed: str | None = None,
) -> Response:
    visit = screen.visit
    with visit.snapshot() as db:
        versions = list_text_versions(db, visit.principal, code, key)
        known, version, handles = _read(db, screen), read_texts_version(db), list_handles(db)
    found = _find(known, code)
    one = next((one for one in _list_shown(known, found) if one.key == key), None)
    if one is None:
        raise NotFound
    context: dict[str, Any] = {"versions": versions, "version": version, "handles": handles}
    text = typed if typed is not None else one.text or ""
    return screen.form_page(
        "texts_wording.html",
        refusal,
        "text",
        here=f"/texts/{code}/{key}",
        language=found,
        names=LANGUAGE_NAMES,
        one=one,
        text=text,
        previewed=_look(key, text),
        placeholders=PLACEHOLDERS.get(key, {}),
        reviewed_by=screen.form.get("reviewed_by"),
        **context,
    )


def _look(key: str, text: str) -> Preview | None:
    """Return a wording as a phone would show it, with the longest values in its places."""
    for name, value in PLACEHOLDERS.get(key, {}).items():
        text = text.replace(f"{{{name}}}", value)
    return preview(text) if text else None


def _list_shown(known: Texts, found: Language) -> list[ShownText]:
    """Return all texts of a language in their order, then its quick replies."""
    english = known.languages["en"]
    labels = known.reply_labels if found.code != known.everyone.code else {}
    return [
        ShownText(
            key,
            labels.get(key, key.replace("_", " ")),
            found.find_wording(key),
            english.find_wording(key),
            fixed=key == "greeting",
        )
        for key in (*found.texts, *labels)
    ]
