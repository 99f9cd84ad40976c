"""Safe hours in a caller's answer: read where they are certain, and never guessed."""

from __future__ import annotations

import pytest

from app.intake import read_hours


@pytest.mark.parametrize(
    ("said", "hours"),
    [
        ("3, after 6 pm", ("18:00-24:00",)),
        ("1 after 6:30pm please", ("18:30-24:00",)),
        ("text or call, only after 6 p.m.", ("18:00-24:00",)),
        ("2, between 6 pm and 9 pm", ("18:00-21:00",)),
        ("both 9am to 5pm", ("09:00-17:00",)),
        ("3 from 6 to 9 pm", ("18:00-21:00",)),
        ("1. 10 pm - 6 am", ("22:00-06:00",)),
        ("1, 18:00–21:30", ("18:00-21:30",)),
        ("1, 08:00-11:00", ("08:00-11:00",)),
        ("1, 20h-8h", ("20:00-08:00",)),
        ("1, noon to 5 pm", ("12:00-17:00",)),
        ("3, après 18h", ("18:00-24:00",)),
        ("3, apres 18 h 30 svp", ("18:30-24:00",)),
        ("1 de 9h à 17h", ("09:00-17:00",)),
        ("après 7h du soir", ("19:00-24:00",)),
        ("3, después de las 18", ("18:00-24:00",)),
        ("1, después de las 6 de la tarde", ("18:00-24:00",)),
        ("de las 9 de la mañana a las 5 de la tarde", ("09:00-17:00",)),
        ("3, apre 6è diswa", ("18:00-24:00",)),
        ("1 apre 18è", ("18:00-24:00",)),
        ("3 any time", ("any",)),
        ("3, n’importe quand", ("any",)),
        ("1, a cualquier hora por favor", ("any",)),
        ("3, nenpòt lè", ("any",)),
        ("nenpot le", ("any",)),
        ("nimporte quand", ("any",)),
        ("cuando sea", ("any",)),
        ("1, cuando quieran", ("any",)),
        ("1, 9h30-11h", ("09:30-11:00",)),
        ("1 entre 9h30 et 11h", ("09:30-11:00",)),
        ("2, de 10h à 11h30", ("10:00-11:30",)),
    ],
)
def test_certain_hours_are_read(said: str, hours: tuple[str, ...]) -> None:
    assert read_hours(said) == hours


@pytest.mark.parametrize(
    "said",
    [
        "3", "1 or 2", "both", "3, at 6", "3, after 6", "3, 6 pm", "at 6 pm", "3 before 9 am",
        "not after 6 pm", "3, not any time", "any time but not at night", "after 6 pm on weekdays",
        "tomorrow after 6 pm", "3 after the 15", "after 15", "9-17", "6 to 9", "from 9 to 5 pm",
        "11 to 1 pm", "noon to 5",
        "3, evenings", "4:15 pm", "after 25h", "after 18h75", "de 9h a 11h",
        "apre 6è", "12 de la noche", "despues de las 12 de la noche", "after 13 pm", "2 to 4 pm",
        "my boss checks my messages after 6 pm", "after 6 pm or 7 am", "",
        "1 18h", "1 a las 18 hrs", "2 noon", "3 de 9 a 5", "1 entre 2h30 et 4h", "1, 11h30-2h",
        "entre 9h et 11h", "cuando mi esposo no sea", "quand mon mari dort", "1" * 5000,
    ],
)  # fmt: skip
def test_anything_in_doubt_is_left_to_a_person(said: str) -> None:
    assert read_hours(said) is None
