"""The whole disk of a stopped server: which words are on it, and what opens with what is on it."""

from __future__ import annotations

from typing import Any

import pytest

from app.desk.case_records import mask_number
from app.models import list_operational_values
from tests.seizure.adversary import labels, operational, plunder, sealed, search_rows, values
from tests.seizure.canaries import search
from tests.seizure.conftest import UNSEALED, Seized
from tests.seizure.story import HANDLES


def test_no_word_that_anybody_typed_is_on_the_disk(seized: Seized) -> None:
    assert list(search(seized.folder, seized.story.canaries)) == []


def test_no_word_that_anybody_typed_is_in_a_row(seized: Seized) -> None:
    assert list(search_rows(seized.dump, seized.story.canaries)) == []


def test_the_words_are_there_for_who_may_read_them(seized: Seized) -> None:
    everything = plunder(seized.dump, [*seized.keys(), *seized.known_to(*HANDLES)])
    found = labels(everything, seized.story.canaries)
    assert {c.label for c in seized.story.of("sealed", "operational")} <= found


def test_what_only_people_may_read_stays_closed(seized: Seized) -> None:
    assert sealed(plunder(seized.dump, seized.keys())) == []


def test_the_operational_key_on_the_disk_opens_what_was_promised_and_nothing_else(
    seized: Seized,
) -> None:
    promised = list_operational_values()
    for one in operational(plunder(seized.dump, seized.keys())):
        for name in names_in(values(one)):
            known = promised[one.cell.table]
            assert any(name.startswith(f"{promise}.") for promise in known), (one.cell.table, name)


def names_in(values: Any, before: str = "") -> set[str]:
    """The names of all values with a dot after each, those inside others after theirs."""
    if isinstance(values, list):
        return {name for one in values for name in names_in(one, before)}
    if isinstance(values, dict):
        return {n for name, one in values.items() for n in names_in(one, f"{before}{name}.")}
    return {before}


def test_the_operational_vault_holds_no_words_but_those_on_their_way_out(seized: Seized) -> None:
    found = labels(operational(plunder(seized.dump, seized.keys())), seized.story.canaries)
    on_their_way = {"reply/queued"}
    assert found == {c.label for c in seized.story.of("operational")} | on_their_way


def test_without_the_operational_key_the_disk_opens_nothing(seized: Seized) -> None:
    assert plunder(seized.dump, seized.keys(operational=False)) == []


def test_the_operational_key_is_in_a_file_only_where_that_was_chosen(seized: Seized) -> None:
    on_the_disk = (seized.data / "keys" / "operational.key").exists()
    assert on_the_disk == (seized.kind != UNSEALED)
    every, without = seized.keys(operational=True), seized.keys(operational=False)
    assert len({key.secret for key in every} - {key.secret for key in without}) == 1


@pytest.mark.parametrize("seized", [UNSEALED], indirect=True)
def test_what_came_while_the_server_was_sealed_is_for_the_desk_alone(seized: Seized) -> None:
    assert "text/sealed" in seized.story.seen_by("heron")
    of_the_desk = plunder(seized.dump, [*seized.keys(), *seized.known_to("heron")])
    assert "text/sealed" in labels(sealed(of_the_desk), seized.story.canaries)


def test_the_number_of_a_closed_or_erased_case_is_not_in_the_vault(seized: Seized) -> None:
    vault = operational(plunder(seized.dump, seized.keys()))
    found = labels(vault, seized.story.canaries)
    assert found.isdisjoint({"number/es", "number/ht"})


@pytest.mark.parametrize("number", ["+15145550123", "+526145550123"])
def test_a_shown_number_keeps_nothing_but_its_ends(number: str) -> None:
    assert mask_number(number) == number[:2] + "•" * (len(number) - 4) + number[-2:]


@pytest.mark.parametrize(
    ("sender", "shown"), [("7", "•"), ("911", "••1"), ("1234", "••34"), ("KITH77", "••••77")]
)
def test_a_short_sender_shows_at_most_half_of_itself(sender: str, shown: str) -> None:
    assert mask_number(sender) == shown
