from __future__ import annotations

import pytest
from sqlalchemy import text

from app.errors import BadRequest, Forbidden, NotFound, StaleVersion
from app.organisation import (
    change_texts,
    list_text_versions,
    read_texts,
    read_texts_version,
)
from app.texts import TextEdit, Texts, load_texts
from tests.organisation.test_settings import change as set_up
from tests.premises import Premises

SHIPPED = load_texts()


def change(premises: Premises, *edits: TextEdit, by: str = "crane") -> None:
    for edit in edits:
        with premises.writing() as db:
            version = read_texts_version(db)
            change_texts(db, premises.principal(by), version, edit, SHIPPED, premises.now)


def read(premises: Premises) -> Texts:
    with premises.reading() as db:
        return read_texts(db, SHIPPED)


def test_a_wording_counts_at_once_and_every_version_says_who_and_when(premises: Premises) -> None:
    assert read(premises) is SHIPPED
    change(premises, TextEdit("en", "thanks", "Thank you."), TextEdit("en", "thanks", "Thanks."))
    assert read(premises).get("en", "thanks") == "Thanks."
    assert premises.log()[-1] == "text.changed"
    with premises.reading() as db:
        newest, first = list_text_versions(db, premises.principal("crane"), "en", "thanks")
    assert (newest.number, newest.change.text) == (2, "Thanks.")
    assert (first.number, first.change.author) == (1, premises.id("crane"))
    assert first.change.at == premises.now
    change(premises, TextEdit("en", "thanks"))
    assert read(premises).get("en", "thanks") == SHIPPED.get("en", "thanks")


def test_a_review_is_kept_with_the_version_it_was_about(premises: Premises) -> None:
    change(
        premises,
        TextEdit("pa", "thanks", SHIPPED.languages["pa"].texts["reminder"]),
        TextEdit("pa", reviewed_by=" Simran K. "),
        TextEdit("pa", enabled=True),
    )
    assert read(premises).speaks("pa")
    with premises.reading() as db:
        versions = list_text_versions(db, premises.principal("crane"), "pa")
    assert [(one.number, one.change.reviewed_by) for one in versions][1] == (2, "Simran K.")
    change(premises, TextEdit("pa", "thanks"))
    assert not read(premises).speaks("pa")


def test_a_further_language_is_not_switched_on_before_a_person_read_it(premises: Premises) -> None:
    with pytest.raises(BadRequest, match="has to read its texts"):
        change(premises, TextEdit("pa", enabled=True))
    with pytest.raises(BadRequest, match="name of the person"):
        change(premises, TextEdit("pa", reviewed_by="none"))
    change(premises, TextEdit("fr", enabled=False))
    assert not read(premises).speaks("fr")


@pytest.mark.parametrize(
    ("edit", "error", "said"),
    [
        (TextEdit("und", "greeting", "Hi."), BadRequest, "cannot be changed"),
        (TextEdit("en", "thanks", "x" * 131), BadRequest, "131 units in GSM-7, at most 130"),
        (TextEdit("en", "thanks", "Réseau reads this."), BadRequest, "Never name"),
        (TextEdit("en", "nothing", "x"), NotFound, None),
        (TextEdit("xx", enabled=True), NotFound, None),
    ],
)
def test_what_may_not_be_said_is_refused_in_words(
    premises: Premises, edit: TextEdit, error: type[Exception], said: str | None
) -> None:
    set_up(premises, name="Réseau")
    with pytest.raises(error, match=said):
        change(premises, edit)
    assert read(premises) is SHIPPED


def test_only_coordinators_change_texts_and_only_as_they_read_them(premises: Premises) -> None:
    edit = TextEdit("en", "thanks", "Thank you.")
    with pytest.raises(Forbidden):
        change(premises, edit, by="heron")
    change(premises, edit)
    with pytest.raises(StaleVersion), premises.writing() as db:
        change_texts(db, premises.principal("crane"), 0, edit, SHIPPED, premises.now)


def test_a_forged_change_is_left_out(premises: Premises) -> None:
    change(premises, TextEdit("en", "thanks", "Thank you."), TextEdit("en", "stop", "No more."))
    with premises.writing() as db:
        db.execute(text("UPDATE text_changes SET position = 3 WHERE position = 2"))
    texts = read(premises)
    assert texts.get("en", "thanks") == "Thank you."
    assert texts.get("en", "stop") == SHIPPED.get("en", "stop")
