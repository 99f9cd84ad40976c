"""With a dump, the key files and one member's secrets: exactly what the interface shows them."""

from __future__ import annotations

import pytest

from app.operations.drill.attempts import OpenedCell
from tests.seizure.adversary import labels, operational, plunder, sealed
from tests.seizure.conftest import Seized
from tests.seizure.story import HANDLES

# Who holds the desk's or the archive's key, and with it the operational one.
KEY_HOLDERS = {"wren", "heron", "crane"}
OTHERS = set(HANDLES) - KEY_HOLDERS
_LOOT: dict[tuple[str, str], list[OpenedCell]] = {}


@pytest.fixture(params=[handle for handle in HANDLES if handle != "jay"])
def handle(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


def loot(seized: Seized, handle: str) -> list[OpenedCell]:
    """What one member's secrets open on a disk without the operational key."""
    if (seized.kind, handle) not in _LOOT:
        keys = [*seized.keys(operational=False), *seized.known_to(handle)]
        _LOOT[seized.kind, handle] = plunder(seized.dump, keys)
    return _LOOT[seized.kind, handle]


def test_a_members_secrets_open_what_they_are_shown(seized: Seized, handle: str) -> None:
    opened = labels(sealed(loot(seized, handle)), seized.story.of("sealed", "refused"))
    assert opened == seized.story.seen_by(handle)


def test_only_desk_and_archive_open_the_operational_vault(seized: Seized, handle: str) -> None:
    assert bool(operational(loot(seized, handle))) == (handle in KEY_HOLDERS)


def test_with_the_operational_key_all_others_open_what_they_may_come_to_be_shown(
    seized: Seized,
) -> None:
    found = plunder(seized.dump, [*seized.keys(), *seized.known_to(*OTHERS)])
    assert {one.cell.table for one in sealed(found)} == {"briefs", "interpretations"}
    shown = set().union(*(seized.story.seen_by(handle) for handle in OTHERS))
    pending = {"field-notes_legal-new/fr"}
    assert labels(sealed(found), seized.story.of("sealed", "refused")) == shown | pending


def test_who_was_asked_and_has_not_answered_opens_nothing(seized: Seized) -> None:
    assert "field-notes_legal-new/fr" not in labels(loot(seized, "owl"), seized.story.canaries)


def test_who_goes_along_opens_the_brief_and_nothing_else(seized: Seized) -> None:
    shown = {"field-subject_name-new/en", "meeting/en"}
    assert seized.story.seen_by("finch") == shown
    assert {one.cell.table for one in sealed(loot(seized, "finch"))} == {"briefs"}


def test_who_interprets_opens_the_texts_that_they_were_given_and_not_their_answers(
    seized: Seized,
) -> None:
    """What they were given before their last report is in nobody's hands."""
    assert seized.story.seen_by("starling") == {"text/en", "words/en"}
    found = {f"{one.cell.table}.{one.cell.column}" for one in sealed(loot(seized, "starling"))}
    assert found == {"briefs.fields", "interpretations.text"}


def test_somebody_who_was_removed_opens_nothing(seized: Seized) -> None:
    assert loot(seized, "jay") == []


def test_the_desk_reads_open_cases_and_no_closed_one(seized: Seized) -> None:
    shown = seized.story.seen_by("heron")
    assert {"text/en", "note/fr", "text-later/fr", "hold-reason", "text/merged"} <= shown
    assert not {label for label in shown if label.endswith("/es")}


def test_the_archive_reads_closed_cases_and_no_open_one(seized: Seized) -> None:
    shown = seized.story.seen_by("crane")
    assert {"text/es", "note/es", "override/es", "number/es"} <= shown
    assert not {label for label in shown if not label.endswith("/es")}


def test_nobody_reads_an_erased_case(seized: Seized) -> None:
    loot = plunder(seized.dump, [*seized.keys(), *seized.known_to(*HANDLES)])
    assert labels(loot, seized.story.of("refused")) == set()
