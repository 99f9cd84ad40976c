"""What phones write by themselves, and our own words sent back: none is an answer or an alarm."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.intake import ScriptState, Step, load_script, set_aside, take_step
from app.intake.asides import Aside

SCRIPT = load_script()
OWN = SCRIPT.own
SAFE_NOW = SCRIPT.texts.get("en", "safe_now")


def take(text: str, stage: str) -> Step:
    state = ScriptState(stage, "en", "detained", "detained", 1)
    return take_step(
        SCRIPT, state, text, silent_for=timedelta(minutes=1), urgency=2, regions=(), human=False
    )


@pytest.mark.parametrize(
    "text",
    [
        "Loved “{}”", 'Liked "{}"', "👍 to “ {} ”", "\u200b👎\u200b to “ {} ”", "A adoré « {} »",
        "N’a pas aimé « {} »", "Le encantó “{}”", "No le gustó “{}”", "Reaccionó con 🙏 a “{}”",
        "Te renmen “{}”", "Curtiu “{}”", "“{}” mesajını beğendi", "喜爱了“{}”", "أعجبه “{}”",
        "“{}” को पसंद किया", "Removed a heart from “{}”", "A réagi avec 😮 à « {} »", "“{}” ❤️",
        "Emphasized “{}", "Questioned “{}…”",
    ],
)  # fmt: skip
def test_a_reaction_answers_nothing(text: str) -> None:
    step = take(text.format(SAFE_NOW), "safe_now")
    assert step.state.stage == "safe_now"
    assert step.answers == {}
    assert (step.urgency, step.replies) == (2, ())


@pytest.mark.parametrize(
    "text",
    [
        "Loved “someone was taken”", "Emphasized “they took my husband”",
        "what does “someone was taken” mean", "A aimé une image", "Liked an image",
        SCRIPT.texts.get("en", "situation"), SCRIPT.texts.get("fr", "situation"),
    ],
)  # fmt: skip
def test_our_own_words_and_reactions_are_no_alarm(text: str) -> None:
    assert take(text, "done").urgency == 2


@pytest.mark.parametrize(
    "text",
    [
        "I'm driving with Focus turned on. I'll see your message when I get where I'm going.",
        "Auto-reply: out of the office, police matters go to my colleague",
        "Réponse automatique : je suis absent", "Respuesta automática: no puedo atender",
        "[Auto] In a meeting", "Repons otomatik: m ap kondwi",
        "自动回复：我在开会", "رد تلقائي: أنا مشغول",
    ],
)  # fmt: skip
def test_a_phone_that_answers_by_itself_answers_nothing(text: str) -> None:
    assert set_aside(text, OWN).aside is Aside.AUTOMATIC
    for stage in ("safe_now", "reach", "need"):
        assert take(text, stage).answers == {}


@pytest.mark.parametrize("text", ["Liked “Is it safe…”", "Liked an image", "Sent from my iPhone"])
def test_what_is_set_aside_is_not_kept_as_an_answer(text: str) -> None:
    assert take(text, "safe_now").answers == {}


def test_a_persons_words_are_kept_beside_the_question() -> None:
    assert take("what do you mean", "safe_now").answers == {"safe_now_text": "what do you mean"}


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("yes\nSent from my iPhone", "yes"),
        ("si  Enviado desde mi Samsung Galaxy", "si"),
        ("oui. Envoyé de mon iPhone", "oui"),
        ("Laval. Sent from my Huawei", "Laval"),
        ("we were sent from my house to jail by police officers this very night", None),
    ],
)
def test_a_signature_is_cut_off(text: str, left: str | None) -> None:
    assert set_aside(text, OWN).text.rstrip(".") == (left or text)


def test_a_signature_alone_is_no_text() -> None:
    assert set_aside("Sent from my iPhone", OWN).aside is Aside.SIGNATURE


@pytest.mark.parametrize(
    ("text", "aside"),
    [
        ('my employee texted "they got me" and nothing since', None),
        ('went to renew, then he wrote me "they are not letting me go"', None),
        ("auto rouge devant la maison, des agents en sortent", None),
        ("", None),
    ],
)
def test_what_a_person_quotes_or_says_stays(text: str, aside: Aside | None) -> None:
    left = set_aside(text, OWN)
    assert (left.aside, left.text) == (aside, text)
