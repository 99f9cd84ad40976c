"""A value that people read comes back as it was, and from no other place than its own."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from app.crypto import (
    CaseKeys,
    KeyFiles,
    Purpose,
    SealBroken,
    TeamKeys,
    new_seed,
    pad_field,
    pad_message,
    seal_to,
)
from app.keyring import Keyring
from app.models import DatePlace, MediaLink, MessageBody
from app.models.parents import Parent
from app.vault import (
    BRIEF_FIELDS,
    CASE_CONTACT,
    EVENT_PLACE,
    HANDOVER_BODY,
    MESSAGE_BODY,
    OVERRIDE_REASON,
    SealedField,
    SealedPlace,
    find_field,
    lock_field,
    open_field,
    read_field,
    seal_field,
)

AT = datetime(2026, 1, 15, 12, 0, 0, 123456, tzinfo=UTC)
BODY = MessageBody(
    body="À bientôt 🌱",
    at=AT,
    phone="+15145550123",
    answers={"language": "fr"},
    media=(MediaLink(url="https://example.org/1", content_type="image/png"),),
    replies={UUID(int=7): "Thank you."},
)
PLACE = SealedPlace(UUID(int=1), epoch=3, case=UUID(int=2), version=4)


@pytest.fixture
def keys(tmp_path: Path) -> Keyring:
    files = KeyFiles(tmp_path / "keys")
    files.create()
    return Keyring(files, UUID(int=9), b"")


def test_a_value_comes_back_from_both_ways_of_sealing(keys: Keyring) -> None:
    case = CaseKeys(new_seed())
    to_public = seal_field(keys, MESSAGE_BODY, PLACE, BODY, case.pair.public)
    under_key = lock_field(keys, MESSAGE_BODY, PLACE, BODY, case.field_key("messages.body"))
    assert open_field(keys, MESSAGE_BODY, PLACE, to_public, case) == BODY
    assert open_field(keys, MESSAGE_BODY, PLACE, under_key, case) == BODY


@pytest.mark.parametrize(
    "changed",
    [
        {"row": UUID(int=5)},
        {"case": UUID(int=5)},
        {"case": None},
        {"version": 5},
    ],
)
def test_a_value_opens_at_no_other_place(keys: Keyring, changed: dict[str, Any]) -> None:
    case = CaseKeys(new_seed())
    blob = seal_field(keys, MESSAGE_BODY, PLACE, BODY, case.pair.public)
    with pytest.raises(SealBroken):
        open_field(keys, MESSAGE_BODY, replace(PLACE, **changed), blob, case)


def test_a_value_opens_in_no_other_column(keys: Keyring) -> None:
    case = CaseKeys(new_seed())
    blob = seal_field(keys, MESSAGE_BODY, PLACE, BODY, case.pair.public)
    with pytest.raises(SealBroken):
        open_field(keys, replace(MESSAGE_BODY, column="media"), PLACE, blob, case)


def test_a_column_under_a_key_refuses_what_anybody_could_seal_to_its_public_half(
    keys: Keyring,
) -> None:
    brief = CaseKeys(new_seed())
    forged = seal_to(
        brief.pair.public,
        Purpose.FIELD,
        PLACE.epoch,
        keys.context("briefs", "fields", PLACE.row, 4, case=PLACE.case, epoch=3),
        pad_field(b'{"kind": "legal", "languages": []}'),
    )
    with pytest.raises(SealBroken):
        open_field(keys, BRIEF_FIELDS, PLACE, forged, brief)


@pytest.mark.parametrize("content", [b"[]", b'{"body": 1}', b'{"secret": "x"}', b"\xff"])
def test_what_is_no_such_value_is_broken_without_a_word_of_it(
    keys: Keyring, content: bytes
) -> None:
    case = CaseKeys(new_seed())
    where = keys.context("messages", "body", PLACE.row, 4, case=PLACE.case, epoch=3)
    blob = seal_to(case.pair.public, Purpose.MESSAGE, 3, where, pad_message(content))
    with pytest.raises(SealBroken) as refused:
        open_field(keys, MESSAGE_BODY, PLACE, blob, case)
    assert refused.value.args == ()
    assert refused.value.__cause__ is None


def test_a_rows_value_opens_with_the_keys_of_its_epoch(keys: Keyring) -> None:
    new, old = CaseKeys(new_seed()), CaseKeys(new_seed())
    value = DatePlace(kind="hearing", starts_at=AT, place="room 4")
    place = replace(PLACE, parents=(PLACE.case,))
    blob = seal_field(keys, EVENT_PLACE, place, value, new.pair.public)
    row = SimpleNamespace(id=PLACE.row, case_id=PLACE.case, place=blob)
    row.place_version, row.place_epoch = PLACE.version, PLACE.epoch
    db: Any = SimpleNamespace(keys=keys)
    assert read_field(db, EVENT_PLACE, row, {2: old, 3: new}) == value
    row.place = None
    assert find_field(db, EVENT_PLACE, row, {3: new}) is None
    with pytest.raises(SealBroken):
        read_field(db, EVENT_PLACE, row, {3: new})


ROW, CASE, SHIFT, AUTHOR = (UUID(int=number) for number in range(1, 5))


@pytest.mark.parametrize(
    ("field", "row", "place"),
    [
        (
            MESSAGE_BODY,
            {"id": ROW, "case_id": CASE, "epoch": 3},
            SealedPlace(ROW, 3, CASE, 1, (CASE,)),
        ),
        (
            HANDOVER_BODY,
            {"id": ROW, "team_epoch": 3, "shift_id": SHIFT, "author_id": AUTHOR},
            SealedPlace(ROW, 3, None, 0, (SHIFT, AUTHOR)),
        ),
        (
            EVENT_PLACE,
            {"id": ROW, "case_id": CASE, "place_epoch": 3, "place_version": 4},
            SealedPlace(ROW, 3, CASE, 4, (CASE,)),
        ),
        (
            CASE_CONTACT,
            {"case_id": CASE, "contact_epoch": 3, "contact_version": 4},
            SealedPlace(CASE, 3, CASE, 4, (CASE,)),
        ),
    ],
)
def test_a_row_says_where_its_value_stands(
    field: SealedField[Any], row: dict[str, Any], place: SealedPlace
) -> None:
    assert field.find_place(SimpleNamespace(**row)) == place


def test_half_a_character_becomes_a_question_mark(keys: Keyring) -> None:
    case = CaseKeys(new_seed())
    body = MessageBody(body="a\ud83cb", at=AT)
    blob = seal_field(keys, MESSAGE_BODY, PLACE, body, case.pair.public)
    assert open_field(keys, MESSAGE_BODY, PLACE, blob, case) == replace(body, body="a?b")
    blob = seal_field(keys, OVERRIDE_REASON, PLACE, "a\ud83cb", case.pair.public)
    assert open_field(keys, OVERRIDE_REASON, PLACE, blob, case) == "a?b"


def test_a_team_opens_only_what_was_sealed_to_it(keys: Keyring) -> None:
    team, key = TeamKeys(new_seed()), new_seed()
    blob = lock_field(keys, MESSAGE_BODY, PLACE, BODY, key)
    with pytest.raises(SealBroken):
        open_field(keys, MESSAGE_BODY, PLACE, blob, team)
    assert open_field(keys, MESSAGE_BODY, PLACE, blob, key) == BODY
    blob = seal_field(keys, MESSAGE_BODY, PLACE, BODY, team.pair.public)
    with pytest.raises(SealBroken):
        open_field(keys, MESSAGE_BODY, PLACE, blob, key)


@pytest.mark.parametrize("parents", [(), (AUTHOR,), (CASE, CASE), (None,)])
def test_it_does_not_open_once_its_row_hangs_on_something_else(
    keys: Keyring, parents: tuple[Parent, ...]
) -> None:
    case, place = CaseKeys(new_seed()), replace(PLACE, parents=(CASE,))
    blob = seal_field(keys, MESSAGE_BODY, place, BODY, case.pair.public)
    assert open_field(keys, MESSAGE_BODY, place, blob, case) == BODY
    with pytest.raises(SealBroken):
        open_field(keys, MESSAGE_BODY, replace(place, parents=parents), blob, case)
