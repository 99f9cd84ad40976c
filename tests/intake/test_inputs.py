"""Texts that people and phones really sent, each of which was misread once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.intake import Keyword, ScriptState, Step, load_script, take_step
from app.intake.wishes import find_wish
from app.texts import fold

SCRIPT = load_script()
REGIONS = ("montreal", "laval", "toronto", "ottawa", "other")
MINUTE = timedelta(minutes=1)


def take(text: str, stage: str, *, after: timedelta = MINUTE, situation: str = "detained") -> Step:
    asked = stage not in {"new", "language", "done"}
    state = ScriptState(stage, "en", None, situation if asked else None, int(asked))
    silent = None if stage == "new" else after
    return take_step(
        SCRIPT, state, text, silent_for=silent, urgency=3, regions=REGIONS, human=False
    )


@pytest.mark.parametrize(
    "text",
    [
        "please cancel my order", "is the parcel here", "arrêt de bus", "j'ai arrêté de fumer",
        "nothing urgent", "no corre prisa, no es emergencia", "arrete de m'envoyer ca",
        "nobody was arrested",
    ],
)  # fmt: skip
def test_a_harmless_text_is_no_alarm(text: str) -> None:
    assert take(text, "done").urgency > 0
    assert take(text, "situation").situation not in {"detained", "happening_now"}


@pytest.mark.parametrize(
    "text",
    [
        "my wife went for her check in and is still not home",
        "theyre inside the building now", "they came for my brother this morning",
        "lo tienen en laval", "he was arrested", "police is here", "yo arete mari m",
        "la migra está aquí", "on a arrêté mon mari",
    ],
)  # fmt: skip
def test_danger_is_found_and_said_why(text: str) -> None:
    for stage in ("new", "situation", "done", "city"):
        step = take(text, stage)
        assert step.urgency == 0, stage
        assert stage == "situation" or step.answers["urgent_because"]


@pytest.mark.parametrize(
    "text",
    [
        "im 10 and nobody is home", "tengo 10 años y no hay nadie en casa",
        "j'ai 10 ans et il y a personne a la maison", "mwen gen 10 an pa gen moun lakay",
    ],
)  # fmt: skip
def test_a_child_is_asked_about_an_adult(text: str) -> None:
    step = take(text, "situation")
    assert step.answers["minor"] == "yes"
    assert step.urgency == 0
    assert [reply.key for reply in step.replies] == ["with_adult"]


@pytest.mark.parametrize("text", ["I'm 10 minutes away", "I am 45", "table for 10"])
def test_not_every_number_is_a_childs_age(text: str) -> None:
    assert "minor" not in take(text, "situation").answers


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("ok no worries", "yes"), ("oui pas de souci", "yes"), ("sí, sin problema", "yes"),
        ("yes", "yes"), ("no", "no"), ("not alone", "no"), ("W", "yes"),
    ],
)  # fmt: skip
def test_yes_and_no_are_read_with_their_denials(text: str, answer: str) -> None:
    assert take(text, "safe_now").answers["safe_now"] == answer


@pytest.mark.parametrize(
    "text", ["police has my phone now", "my boss checks my messages", "mon mari lit mon telephone"]
)
def test_a_phone_that_others_read_is_safe_for_nothing(text: str) -> None:
    step = take(text, "reach")
    assert step.contact is None
    assert step.answers.get("reach", "unclear") == "unclear"


@pytest.mark.parametrize("text", ["4:15 pm", "no me llame", "text, never call"])
def test_no_way_is_safe_on_a_guess(text: str) -> None:
    assert take(text, "reach").contact is None


@pytest.mark.parametrize("text", ["1 or 2", "2 and 1", "3"])
def test_both_digits_are_both_ways(text: str) -> None:
    contact = take(text, "reach").contact
    assert contact is not None
    assert contact.methods == ("text", "call")


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("2 Francais", "fr"), ("in spanish please", "es"), ("option 3", "es"), ("3.", "es"),
        ("kreyol tanpri", "ht"), ("1", "en"),
    ],
)  # fmt: skip
def test_a_language_is_chosen_with_words_around_it(text: str, language: str) -> None:
    step = take(text, "language")
    assert step.language == language
    assert [reply.key for reply in step.replies] == ["situation"]


@pytest.mark.parametrize(
    ("text", "keyword"),
    [
        ("quit messaging this phone", Keyword.STOP), ("no me manden más mensajes", Keyword.STOP),
        ("quit the texts", Keyword.STOP), ("cessez vos textos", Keyword.STOP),
        ("supprime tout", Keyword.ERASE), ("borren todo", Keyword.ERASE),
        ("au secours svp", Keyword.HELP), ("please delete everything about me", Keyword.ERASE),
        ("you have the wrong person here", Keyword.WRONG_NUMBER),
        ("can somebody call me please", Keyword.CALL_ME),
    ],
)  # fmt: skip
def test_a_wish_in_a_sentence_is_obeyed(text: str, keyword: Keyword) -> None:
    for stage in ("new", "done", "safe_now"):
        assert take(text, stage).keyword is keyword, stage


@pytest.mark.parametrize(
    "text",
    [
        "stop worrying",
        "the bus stop",
        "dont stop texting me",
        "delete the app from my phone",
        "i want to stop smoking",
        "j'ai arrêté de fumer",
        "they wont stop knocking",
        "cancel my appointment",
        "no dejes de escribirme",
        "pa sispann ekri m",
        "n'arretez pas de m'ecrire",
        "please never stop writing",
    ],
)
def test_not_every_stop_is_a_wish(text: str) -> None:
    assert take(text, "done").keyword is None


@pytest.mark.parametrize(
    "text",
    [
        "please don't call, my husband answers this phone",
        "dont call me",
        "please do not call me",
        "no me llamen por favor",
        "no necesito que me llamen",
        "ne m'appelez pas svp",
        "pa rele m tanpri",
        "I dont speak english",
        "arretez les",
        "Arrêtez-les svp",
        "please stop them",
        "they have the wrong number on the form",
        "wrong number on my card",
        "is this the wrong number?",
        "se equivocaron de persona, mi hermano no hizo nada",
        "la marcaron con el numero equivocado",
        "n'effacez rien",
        "no borren nada",
        "pa efase anyen",
        "how do i erase my criminal record",
        "delete that last message",
        "rete la",
    ],
)
def test_what_sounds_like_a_wish_and_is_its_contrary_is_left_to_a_person(text: str) -> None:
    for stage in ("done", "situation"):
        assert take(text, stage).keyword is None, stage


@pytest.mark.parametrize(
    ("text", "keyword"),
    [
        ("please call me, i cant read", Keyword.CALL_ME),
        ("llámenme por favor", Keyword.CALL_ME),
        ("arrêtez les textos svp", Keyword.STOP),
        ("kite m anrepo", Keyword.STOP),
        ("sorry wrong number", Keyword.WRONG_NUMBER),
        ("effacez tout svp", Keyword.ERASE),
    ],
)
def test_the_wish_beside_it_still_is_one(text: str, keyword: Keyword) -> None:
    assert take(text, "done").keyword is keyword


@pytest.mark.parametrize(
    "text",
    [
        "i gave the officer a wrong number on purpose, is it a crime",
        "j'efface tout après, alors oui",
        "continuez les textos, arrêtez jamais",
    ],
)
def test_rules_of_other_languages_are_not_read(text: str) -> None:
    assert find_wish(fold(text)) is None


REPORT = (
    "good evening I write to you because something happened on Tuesday at the house in which my "
    "uncle rents a room with three people and"
)
REST = "we do not know what to do next"


@pytest.mark.parametrize("stage", ["city", "need", "date_soon", "situation", "reach"])
def test_the_rest_of_a_report_answers_nothing(stage: str) -> None:
    first = take(REPORT, stage)
    assert "city" not in first.answers
    rest = take_step(
        SCRIPT, first.state, REST, silent_for=timedelta(seconds=2), urgency=3,
        regions=REGIONS, human=False,
    )  # fmt: skip
    asked = {"city", "need", "date_soon", "reach"}
    assert not asked & rest.answers.keys()
    assert (rest.situation, rest.understood) == (None, False)


@pytest.mark.parametrize("after", [timedelta(0), timedelta(seconds=2)])
def test_a_quick_answer_is_an_answer(after: timedelta) -> None:
    """People dictate, paste, and press what their phone proposes."""
    assert (
        take("they took my brother this morning", "situation", after=after).situation == "detained"
    )
    assert take("a lawyer who speaks my language please", "need", after=after).answers["need"]


def test_a_wish_beside_danger_shows_both() -> None:
    step = take("please call me, police is at the door", "done")
    assert (step.keyword, step.urgency) == (Keyword.CALL_ME, 0)
    assert step.answers["urgent_because"]


@pytest.mark.parametrize("language", sorted(SCRIPT.texts.languages))
def test_the_plain_wordings_are_an_alarm_without_a_model(language: str) -> None:
    for phrase in SCRIPT.texts.languages[language].words.lists["alarms"]:
        assert SCRIPT.vocabulary.find_alarm(fold(phrase)), phrase


def test_a_denial_reaches_three_words_on() -> None:
    find = SCRIPT.vocabulary.find_alarm
    assert find(fold("police are at the door"))
    assert find(fold("nobody said police are at the door")) is None
    assert find(fold("I do not know why but police are at the door"))
    # Each language denies in its own words: French "ma" is no Somali "not".
    assert find(fold("não vão deportar mais")) is None
    assert find(fold("ma femme dit la police est à la porte"))


def test_an_answer_may_follow_a_reaction_at_once() -> None:
    """It quotes a long text of ours, and is not the first part of one."""
    state = ScriptState("safe_now", "ht", "detained", "detained", 2)
    quoted = SCRIPT.texts.languages["ht"].texts["safe_now"]
    reacted = take_step(
        SCRIPT, state, f"Loved “{quoted}”",
        silent_for=timedelta(minutes=1), urgency=0, regions=(), human=False,
    )  # fmt: skip
    answered = take_step(
        SCRIPT, reacted.state, "wi pa gen pwoblem",
        silent_for=timedelta(seconds=2), urgency=0, regions=(), human=False,
    )  # fmt: skip
    assert answered.answers["safe_now"] == "yes"
