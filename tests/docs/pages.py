"""The documents of the repository, with the blocks and spans of code in them."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
PAGES = sorted(
    path.relative_to(REPOSITORY).as_posix()
    for folder in (".", "docs", "bench")
    for path in (REPOSITORY / folder).glob("*.md")
)
# What operators read beside them: comments name files and commands, too.
OPERATORS_FILES = sorted(
    path.relative_to(REPOSITORY).as_posix()
    for path in (
        *(REPOSITORY / "deploy").iterdir(),
        REPOSITORY / "Dockerfile",
        REPOSITORY / "docker-compose.yml",
    )
    if path.is_file()
)
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_SPAN = re.compile(r"`([^`]+)`")
# A name or number for each value that a document leaves open.
_LEFT_OPEN = re.compile(r"<[^>]+>|…|\$\w+")


@dataclass(frozen=True)
class Block:
    """A fenced block; ``language`` is empty where none is named."""

    page: str
    line: int
    language: str
    code: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def read_page(page: str) -> str:
    return (REPOSITORY / page).read_text(encoding="utf-8")


def blocks(page: str) -> list[Block]:
    text = read_page(page)
    return [
        Block(page, text.count("\n", 0, match.start()) + 1, match[1], match[2])
        for match in _FENCE.finditer(text)
    ]


def prose(page: str) -> str:
    """A page without its blocks."""
    return _FENCE.sub("", read_page(page))


def spans(page: str) -> list[str]:
    """The code inside sentences; a span that goes over the end of a line is one line."""
    return [" ".join(match[1].split()) for match in _SPAN.finditer(prose(page))]


def list_commands(page: str) -> Iterator[str]:
    """Yield each line of a page's blocks without a language, and each span: commands among them."""
    for block in blocks(page):
        if not block.language:
            yield from (line.strip() for line in block.code.replace("\\\n", " ").splitlines())
    yield from spans(page)


def list_words(command: str) -> list[str]:
    """A command as a shell would read it, without comment and without what is behind a pipe."""
    try:
        words = shlex.split(_LEFT_OPEN.sub("1", command), comments=True)
    except ValueError:  # an apostrophe in prose: no command
        return []
    return words[: next((at for at, word in enumerate(words) if word in ("|", "&&", ";")), None)]
