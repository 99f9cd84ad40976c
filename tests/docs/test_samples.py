"""Every sample of Python in the documents runs, against the demo as `make run` makes it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.docs.demo import DOCUMENTED
from tests.docs.pages import PAGES, Block, blocks

SAMPLES = [block for page in PAGES for block in blocks(page) if block.language == "python"]


def test_there_are_samples() -> None:
    assert SAMPLES


@pytest.mark.parametrize("sample", SAMPLES, ids=str)
def test_a_sample_runs(sample: Block, demo: str, capsys: pytest.CaptureFixture[str]) -> None:
    names: dict[str, Any] = {"__name__": "__main__"}
    exec(compile(sample.code.replace(DOCUMENTED, demo), str(sample), "exec"), names)
    capsys.readouterr()


@pytest.mark.parametrize("page", PAGES)
def test_a_block_is_a_sample_or_a_list_of_commands(page: str) -> None:
    """A block in a language that nothing here runs would be read by people alone."""
    assert {block.language for block in blocks(page)} <= {"", "python"}
