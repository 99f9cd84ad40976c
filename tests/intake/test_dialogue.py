"""What holds for every text in every state."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.intake import SILENCE, Keyword, ScriptState, Step, load_script, take_step
from app.intake.script import MOST_QUESTIONS, SITUATIONS
from app.intake.state import STAGES
from app.models import ValuesBroken, dump_values, load_values
from app.texts import QUESTIONS

SCRIPT = load_script()
REGIONS = ("montreal", "laval", "quebec", "ottawa", "toronto", "vancouver", "other")
LANGUAGES = ("en", "fr", "es", "ht")
GREETING = SCRIPT.texts.get(None, "greeting")
SAID = {
    (language.code, key): text
    for language in (SCRIPT.texts.everyone, *SCRIPT.texts.enabled())
    for key, text in language.texts.items()
}

known_words = sorted(
    {
        phrase
        for language in (SCRIPT.texts.everyone, *SCRIPT.texts.enabled())
        for phrases in (
            *language.words.lists.values(),
            *language.words.situations.values(),
            *language.words.keywords.values(),
        )
        for phrase in phrases
    }
    | set(REGIONS)
    | set("123456789")
)
texts = st.one_of(
    st.text(max_size=60),
    st.sampled_from(known_words),
    st.lists(st.sampled_from(known_words), max_size=5).map(" ".join),
)
tiers = st.integers(0, 3)
gaps = st.one_of(st.none(), st.timedeltas(timedelta(0), timedelta(hours=2)))
states = st.builds(
    ScriptState,
    stage=st.sampled_from(sorted(STAGES)),
    language=st.sampled_from([None, *LANGUAGES, "pa"]),
    situation=st.sampled_from([None, *SITUATIONS]),
    topic=st.sampled_from([None, *SITUATIONS]),
    asked=st.integers(0, MOST_QUESTIONS),
    city=st.booleans(),
)


def take(
    text: str,
    state: ScriptState | None = None,
    gap: timedelta | None = timedelta(minutes=1),
    tier: int = 3,
    human: bool = False,
) -> Step:
    return take_step(
        SCRIPT, state, text, silent_for=gap, urgency=tier, regions=REGIONS, human=human
    )


@given(texts, st.none() | states, gaps, tiers, st.booleans())
def test_a_step_never_lowers_the_tier(
    text: str, state: ScriptState | None, gap: timedelta | None, tier: int, human: bool
) -> None:
    assert 0 <= take(text, state, gap, tier, human).urgency <= tier


@given(texts, st.none() | states, gaps, st.booleans())
def test_every_reply_is_one_of_the_texts(
    text: str, state: ScriptState | None, gap: timedelta | None, human: bool
) -> None:
    for reply in take(text, state, gap, human=human).replies:
        assert reply.text == SAID[reply.language or "und", reply.key]


@given(texts, st.none() | states, gaps, st.booleans())
def test_one_reply_a_step_and_a_second_only_for_a_keyword_behind_the_greeting(
    text: str, state: ScriptState | None, gap: timedelta | None, human: bool
) -> None:
    taken = take(text, state, gap, human=human)
    keys = [reply.key for reply in taken.replies]
    assert len(keys) <= 1 or (len(keys) == 2 and keys[0] == "greeting" and taken.keyword)


@given(texts, st.none() | states, st.booleans())
def test_after_a_silence_the_answer_does_not_depend_on_what_is_known(
    text: str, state: ScriptState | None, human: bool
) -> None:
    stranger, known = take(text, None, None), take(text, state, SILENCE, human=human)
    assert known.replies == stranger.replies
    assert known.state.stage == stranger.state.stage


@given(texts, texts, states)
def test_the_dialogue_after_a_greeting_is_a_new_phones(
    first: str, second: str, state: ScriptState
) -> None:
    stranger, known = take(first, None, None), take(first, state, SILENCE)
    after_stranger, after_known = take(second, stranger.state), take(second, known.state)
    if after_stranger.keyword is None:
        assert after_known.replies == after_stranger.replies


@given(texts, states, gaps, st.booleans())
def test_a_state_survives_storage(
    text: str, state: ScriptState, gap: timedelta | None, human: bool
) -> None:
    after = take(text, state, gap, human=human).state
    assert load_values(ScriptState, dump_values(after)) == after
    assert len(dump_values(after)) < 160


@given(texts, states, gaps)
def test_a_state_holds_codes_only(text: str, state: ScriptState, gap: timedelta | None) -> None:
    after = take(text, state, gap).state
    assert after.stage in STAGES
    assert after.language in {None, *LANGUAGES, "pa"}
    assert {after.situation, after.topic} <= {None, *SITUATIONS}


@given(st.lists(texts, max_size=30))
def test_at_most_five_questions_follow_a_greeting(said: list[str]) -> None:
    state, asked = None, 0
    for text in said:
        taken = take(text, state)
        keys = [reply.key for reply in taken.replies]
        asked = 0 if "greeting" in keys else asked + len(set(keys) & set(QUESTIONS))
        state = taken.state
        if keys[:1] != ["situation"]:
            assert asked <= MOST_QUESTIONS


@given(texts, states)
def test_while_a_person_handles_it_only_keywords_are_answered(
    text: str, state: ScriptState
) -> None:
    taken = take(text, state, human=True)
    assert taken.keyword or {reply.key for reply in taken.replies} <= {"greeting"}


@given(states)
def test_the_questions_are_never_resumed_behind_a_persons_back(state: ScriptState) -> None:
    after = take("hello", state, human=True).state
    assert after.stage in {"done", "language"}


@pytest.mark.parametrize("minutes", [30, 31, 60 * 24 * 365])
def test_the_greeting_follows_thirty_minutes_of_silence(minutes: int) -> None:
    taken = take(
        "anything", ScriptState("city", "fr", "detained", "detained", 3), timedelta(minutes=minutes)
    )
    assert [reply.text for reply in taken.replies] == [GREETING]


def test_the_greeting_does_not_follow_a_shorter_one() -> None:
    gap = SILENCE - timedelta(seconds=1)
    assert (
        take("1", ScriptState("reach", "fr", "detained", "detained", 3), gap).replies[0].key
        == "city"
    )


def test_a_phone_never_greeted_is_greeted_whatever_the_gap() -> None:
    stopped = take("STOP", None, None)
    assert [reply.key for reply in stopped.replies] == ["stop"]
    assert take("hello", stopped.state).replies[0].text == GREETING


@pytest.mark.parametrize("situation", range(1, 7))
@pytest.mark.parametrize("language", range(1, 5))
def test_every_choice_leads_to_thanks_within_five_questions(language: int, situation: int) -> None:
    state, keys = None, []
    rest = ["I need a ride", "1"] if situation == 6 else ["ok", "1", "Laval", "tomorrow"]
    for text in ("hello", str(language), str(situation), *rest):
        taken = take(text, state)
        keys += [reply.key for reply in taken.replies]
        state = taken.state
    assert keys[0] == "greeting"
    assert keys[-1] == "thanks"
    assert 1 <= len(keys[1:-1]) <= MOST_QUESTIONS


@pytest.mark.parametrize(
    ("text", "tier"),
    [
        ("hello", 2), ("Bonjou", 2), ("¡Hola!", 2), ("1", 2), ("thank you", 2), ("allô", 2),
        ("I need a lawyer", 1), ("سلام", 1), ("你好", 1), ("???", 1), ("", 1), ("my rent", 1),
        ("agents at the door", 0), ("ICE is here", 0), ("they arrested him", 0), ("LA MIGRA", 0),
        ("CBSA", 0), ("police outside", 0), ("la police est ici", 0), ("policía afuera", 0),
        ("lapolis devan kay la", 0), ("imigrasyon", 0), ("immigration came to our house", 0),
        ("mon mari a été détenu", 0), ("yo pran frè m", 0), ("my kids are alone", 0),
        ("les enfants sont seuls", 0), ("los niños están solos", 0), ("timoun yo poukont yo", 0),
        ("need an ambulance", 0), ("urgence", 0), ("emergencia", 0), ("ijans", 0), ("🆘", 0),
        ("he was detaind", 0), ("deportation tomorrow", 0), ("they want him to leave tomorrow", 0),
    ],
)  # fmt: skip
def test_the_first_text_alone_gives_a_tier(text: str, tier: int) -> None:
    assert take(text, None, None).urgency == tier


@pytest.mark.parametrize(
    "text",
    ["nice to meet you", "a slice of cake", "practice my sport", "on va manger",
     "insured", "policy question", "my school refused him"],
)  # fmt: skip
def test_an_innocent_text_is_no_alarm(text: str) -> None:
    assert take(text, None, None).urgency == 1


@pytest.mark.parametrize("stage", sorted(STAGES))
@pytest.mark.parametrize("human", [False, True])
def test_words_of_danger_count_wherever_they_come(stage: str, human: bool) -> None:
    state = ScriptState(stage, "en", "other", "other", 2)
    assert take("agents are at the door", state, tier=2, human=human).urgency == 0


def test_a_word_of_one_language_is_not_read_in_another() -> None:
    assert take("deporte", None, None).urgency > 0  # sport in Spanish, deported in French


def test_a_choice_already_as_urgent_is_left_to_the_desk() -> None:
    taken = take("6", ScriptState("situation", "en", "detained", None, 1), tier=2)
    assert taken.situation is None
    assert taken.state.situation == "detained"
    assert taken.urgency == 2


@pytest.mark.parametrize(
    ("language", "word", "reply_language"),
    [(None, "AYUDA", "es"), (None, "aide", "fr"), (None, "info", None), ("ht", "AYUDA", "ht")],
)
def test_a_keyword_is_answered_in_its_language_where_none_is_chosen(
    language: str | None, word: str, reply_language: str | None
) -> None:
    taken = take(word, ScriptState("done" if language else "language", language))
    assert taken.replies[0].language == taken.reply_language == reply_language
    assert taken.language is None


def test_until_a_greeting_is_answered_no_keyword_tells_what_language_was_chosen_once() -> None:
    assert take("AYUDA", ScriptState("language", "ht")).reply_language == "es"


def test_after_a_silence_a_keyword_is_not_answered_in_the_cases_language() -> None:
    taken = take("9", ScriptState("done", "es", "detained"), SILENCE)
    assert [reply.language for reply in taken.replies] == [None, None]


def test_the_first_region_mentioned_is_the_one() -> None:
    city = ScriptState("city", "en", "detained", "detained", 3)
    assert take("Montreal, Quebec", city).region == "montreal"
    assert take("North York", city).region == "toronto"


def test_only_the_organisations_regions_are_recognised() -> None:
    city = ScriptState("city", "en", "detained", "detained", 3)
    taken = take_step(
        SCRIPT, city, "Toronto or New York", silent_for=timedelta(0), urgency=0,
        regions=("new_york", "other"), human=False,
    )  # fmt: skip
    assert taken.region == "new_york"


@pytest.mark.parametrize(
    "data",
    [
        {"stage": "nowhere"},
        {"stage": "city", "asked": "two"},
        {"stage": "city", "language": 1},
        {"stage": "city", "city": "Laval"},
        {"stage": "city", "body": "my words"},
    ],
)
def test_anything_else_is_no_state(data: dict[str, object]) -> None:
    with pytest.raises(ValuesBroken):
        load_values(ScriptState, json.dumps(data).encode())


def test_a_topic_the_script_no_longer_has_ends_the_questions() -> None:
    taken = take("Laval", ScriptState("city", "en", "gone", "gone", 3))
    assert [reply.key for reply in taken.replies] == ["thanks"]


@pytest.mark.parametrize("keyword", list(Keyword))
def test_every_keyword_but_the_carriers_is_acted_on_in_every_language(keyword: Keyword) -> None:
    for code in LANGUAGES:
        for phrase in SCRIPT.texts.languages[code].words.keywords[keyword]:
            taken = take(f" {phrase.lower()}! ", ScriptState("city", code, "other", "other", 2))
            assert taken.keyword is keyword, phrase


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_line_of_the_situation_question_copied_back_is_understood(language: str) -> None:
    question = SCRIPT.texts.get(language, "situation")
    for digit, line in re.findall(r"([1-6]) (.*?)(?= [1-6] |$)", question):
        for text in (line, f"{digit} {line}"):
            chosen = take(text, ScriptState("situation", language)).situation
            assert chosen == SITUATIONS[int(digit) - 1], text


def test_a_burst_of_answers_takes_each_question_once() -> None:
    state, keys = take("hello", None, None).state, []
    for text in ("1", "2", "yes", "both", "Laval", "both", "both"):
        taken = take(text, state)
        state = taken.state
        keys += [reply.key for reply in taken.replies]
    assert keys == ["situation", "safe_now", "reach", "city", "thanks"]
    assert all(one != other for one, other in pairwise(keys))
