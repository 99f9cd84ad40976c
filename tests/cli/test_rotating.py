"""``kith rotate`` asks the running server."""

from __future__ import annotations

import pytest

from app.settings import load_settings
from tests.cli.conftest import Kith


def test_it_leaves_a_wish_for_the_server(made: Kith) -> None:
    ran = made("rotate", "index")
    assert (ran.code, ran.err.count("\n")) == (0, 1)
    assert (load_settings().keys_path / "rotate-index").exists()


@pytest.mark.parametrize("arguments", [["nonsense"], ["index", "more"]])
def test_what_to_rotate_has_to_be_said(made: Kith, arguments: list[str]) -> None:
    ran = made("rotate", *arguments)
    assert (ran.code, ran.err.count("\n")) == (2, 1)


def test_before_init_there_is_nothing_to_rotate(kith: Kith) -> None:
    assert kith("rotate", "index").err.startswith("kith: There is no organisation here yet.")
