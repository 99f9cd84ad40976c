"""Coordinators read, change and review what callers are told; scripts are not needed."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from app.texts import load_texts
from tests.console.visitor import Visitor

Visit = Callable[..., Visitor]
SHIPPED = load_texts()


@pytest.fixture
def crane(visit: Visit) -> Visitor:
    return visit("crane")


def test_languages_are_listed_with_whether_anybody_checked_them(crane: Visitor) -> None:
    page = crane.open("/texts")
    assert page.says("Haitian Creole Kreyòl ayisyen yes not checked by a native speaker")
    assert page.says("Punjabi ਪੰਜਾਬੀ not offered")


def test_every_text_stands_beside_the_english_one(crane: Visitor) -> None:
    page = crane.open("/texts/fa")
    farsi, english = SHIPPED.languages["fa"], SHIPPED.languages["en"]
    for key in (*farsi.texts, *farsi.replies):
        assert page.says(f"{english.find_wording(key)} {farsi.find_wording(key)}")
    assert {"role": "cell", "lang": "fa", "dir": "auto"} in page.all("td")
    assert crane.open("/texts/und").says("Hello / Bonjour. A person reads this.")
    assert not [a for a in crane.open("/texts/und").all("a") if a["href"].endswith("greeting")]


def test_a_text_is_looked_at_before_it_is_saved(crane: Visitor) -> None:
    path = "/texts/tr/away"
    shown = crane.send(crane.open(path), path, text="Kimse yok: {hours}", action="preview")
    assert shown.status == 200
    assert shown.says("Kimse yok: Mon-Fri 10:00-18:30, Sat 1 segment: 35 characters in GSM-7")
    assert shown.says("It is as shipped.")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("x" * 131, "131 units in GSM-7, at most 130 fit one text."),
        ("The police read this.", "Never name 'police' in a text."),
        ("Thank\u200byou", "It holds a character that nobody sees; type it anew."),
    ],
)
def test_what_may_not_go_out_is_told_at_the_field(crane: Visitor, wrong: str, said: str) -> None:
    path = "/texts/en/thanks"
    for action in ("preview", "save"):
        page = crane.send(crane.open(path), path, text=wrong, action=action)
        assert page.status == 400
        assert page.says(said)
        assert page.form(path).fields["text"] == [wrong]
        [area] = page.all("textarea")
        assert (area["aria-invalid"], area["aria-describedby"]) == ("true", "text-hint text-wrong")
        assert [a for a in page.all("a") if a["href"] == "#text"]


def test_a_text_is_changed_and_an_earlier_version_used_again(crane: Visitor) -> None:
    path = "/texts/es/reply_here"
    crane.send(crane.open(path), path, text="Aquí hay una persona.", action="save")
    saved = crane.send(crane.open(path), path, text="Una persona lee.", action="save")
    assert saved.says("Saved.")
    assert saved.says("crane")
    assert saved.form(path).fields["text"] == ["Una persona lee."]
    [again] = [form for form in saved.forms if form.fields.get("text") == ["Aquí hay una persona."]]
    back = crane.post(path, {**again.fields, "action": "save"})
    assert back.form(path).fields["text"] == ["Aquí hay una persona."]
    stale = crane.post(path, {**again.fields, "action": "save"})
    assert stale.status == 412
    shipped = crane.post(path, {**back.forms[-1].fields, "action": "shipped"})
    assert shipped.form(path).fields["text"] == [SHIPPED.languages["es"].replies["reply_here"]]


def test_a_language_is_reviewed_by_a_person_and_switched_on(crane: Visitor) -> None:
    path = "/texts/so"
    early = crane.send(crane.open(path), path, action="on")
    assert early.status == 400
    assert early.says("A person who speaks this language has to read its texts")
    unnamed = crane.send(crane.open(path), path, action="review", reviewed_by="none")
    assert unnamed.says("Write the name of the person")
    read = crane.send(crane.open(path), path, action="review", reviewed_by="Hodan A.")
    assert read.says("checked by Hodan A.")
    on = crane.send(read, path, action="on")
    assert on.says("Stop offering Somali to callers")
    assert on.says("switched it on")
    assert crane.open("/texts").says("Somali Soomaali yes Hodan A.")
    changed = crane.send(crane.open(f"{path}/thanks"), f"{path}/thanks", text="Mahadsanid.")
    assert changed.says("Saved.")
    assert crane.open(path).says("Callers do not get it")
