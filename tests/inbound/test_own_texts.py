"""What coordinators change of the texts reaches the next caller, in the running service."""

from __future__ import annotations

from app.organisation import change_texts, read_texts_version
from app.texts import TextEdit
from tests.line import Line

GREETING = "Hello / Bonjour. A person reads this."


def change(line: Line, *edits: TextEdit) -> None:
    for edit in edits:
        with line.writing() as db:
            version, shipped = read_texts_version(db), line.desk.script.texts
            change_texts(db, line.principal("crane"), version, edit, shipped, line.now)


def test_an_own_wording_is_said_from_the_next_text_on(line: Line) -> None:
    assert line.says("hello")[0].startswith(GREETING)
    change(line, TextEdit("en", "situation", "Is it: 1 now 2 taken 3 letter 4 seen 5 no 6 other"))
    assert line.says("1") == ["Is it: 1 now 2 taken 3 letter 4 seen 5 no 6 other"]
    assert line.says("hello", sender="+14505550177")[0].startswith(GREETING)


def test_a_language_speaks_once_a_person_reviewed_it(line: Line) -> None:
    known = line.desk.script.texts
    assert line.says("hello", "punjabi")[-1] == known.get(None, "other_language")
    change(line, TextEdit("pa", reviewed_by="Simran K."), TextEdit("pa", enabled=True))
    asked = line.says("hello", "punjabi", sender="+14505550177")[-1]
    assert asked == known.languages["pa"].texts["situation"]
    case = line.case_of("+14505550177")
    assert case is not None
    assert line.values(case.id).language == "pa"


def test_a_first_free_text_tells_its_language_to_the_desk_alone(line: Line) -> None:
    said = line.says("necesito ayuda con una carta que me llegó, no entiendo lo que dice")
    assert said[0].startswith(GREETING)
    case = line.case_of()
    assert case is not None
    values = line.values(case.id)
    assert (values.language, values.language_guessed) == ("es", True)
    assert values.script is not None
    assert values.script.language is None  # the dialogue goes on as with any new phone
    line.says("2")
    values = line.values(case.id)
    assert (values.language, values.language_guessed) == ("fr", False)
