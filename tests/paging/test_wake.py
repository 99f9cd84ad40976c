"""A sealed server wakes those who agreed to it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from app.paging.wake import WAKE_TEXT, WakeNumbersRefused, read_wake_numbers
from tests.service import House


@pytest.fixture
def database_kind() -> str:
    """Nothing of this differs on PostgreSQL."""
    return "sqlite"


@pytest.fixture
def wakeable(open_house: Callable[..., House], tmp_path: Path) -> House:
    """A sealed house that knows one number to wake."""
    numbers = tmp_path / "wake.txt"
    numbers.write_text("# who agreed to it\n+15145550170\n")
    numbers.chmod(0o600)
    house = open_house(wake_numbers_file=numbers)
    house.seal()
    return house


def test_a_sealed_server_wakes_somebody_again_and_again(wakeable: House) -> None:
    wakeable.advance(minutes=2)
    wakeable.phone().says("they took him")
    wakeable.advance(minutes=16)
    assert wakeable.phone("+15145550170").inbox() == [WAKE_TEXT, WAKE_TEXT]


def test_an_open_server_wakes_nobody(wakeable: House) -> None:
    wakeable.sign_in("heron")
    wakeable.advance(minutes=40)
    assert wakeable.phone("+15145550170").inbox() == []


@pytest.mark.parametrize("content", ["nobody\n", "\n".join(f"+1514555010{n}" for n in range(6))])
def test_a_bad_file_of_numbers_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "wake.txt"
    path.write_text(content)
    path.chmod(0o600)
    with pytest.raises(WakeNumbersRefused):
        read_wake_numbers(path)


def test_a_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "wake.txt"
    path.write_text("+15145550170\n")
    path.chmod(0o644)
    with pytest.raises(WakeNumbersRefused):
        read_wake_numbers(path)
