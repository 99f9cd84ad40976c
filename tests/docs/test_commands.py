"""Every command in the documents exists, with its options; those of blocks parse as they stand."""

from __future__ import annotations

import importlib
import importlib.util
import re
from collections.abc import Iterator
from typing import Any

import pytest
import typer

from app.cli import cli
from tests.docs.pages import (
    OPERATORS_FILES,
    PAGES,
    REPOSITORY,
    blocks,
    list_commands,
    list_words,
    read_page,
)

# How a command of ours may begin.
_KITH = re.compile(
    r"^(?:ExecStart=)?(?:\S*/s?bin/)?(?:kith-admin|kith)(?: |$)"
    r"|^docker-compose (?:exec app kith|run --rm app)(?: |$)"
)
_MAKEFILE = (REPOSITORY / "Makefile").read_text()
_TARGETS = set(re.findall(r"^([a-z][a-z-]*):", _MAKEFILE, re.MULTILINE))


def list_kith_commands(texts: Iterator[str]) -> Iterator[list[str]]:
    for text in texts:
        found = _KITH.match(text)
        if found and "…" not in text[: found.end() + 1]:
            yield list_words(text[found.end() :])


def parse(words: list[str], *, whole: bool) -> None:
    """Let the real parser read a command. Unless it is ``whole``, arguments may be missing."""
    command: Any = typer.main.get_command(cli)
    name = "kith"
    while hasattr(command, "commands") and words and not words[0].startswith("-"):
        name, *words = words
        assert name in command.commands, f"kith has no command {name}"
        command = command.commands[name]
    if hasattr(command, "commands") or (words and words[-1] == "--help"):
        return
    if not whole:
        known = {option for parameter in command.params for option in parameter.opts}
        assert {word for word in words if word.startswith("--")} <= known, words
        return
    command.make_context(name, list(words))


def test_the_pages_name_commands_of_each_kind() -> None:
    """Else the tests below would find nothing wrong because they find nothing."""
    commands = [command for page in PAGES for command in list_commands(page)]
    words = [list_words(command) for command in commands]
    assert sum(1 for _ in list_kith_commands(iter(commands))) > 20
    assert sum(one[:1] == ["make"] and len(one) > 1 for one in words) > 5
    assert sum("-m" in one for one in words) > 2


@pytest.mark.parametrize("page", PAGES)
def test_every_kith_command_exists(page: str) -> None:
    for words in list_kith_commands(list_commands(page)):
        parse(words, whole=False)


@pytest.mark.parametrize("page", PAGES)
def test_every_kith_command_of_a_block_is_whole(page: str) -> None:
    lines = (
        line
        for block in blocks(page)
        if not block.language
        for line in block.code.replace("\\\n", " ").splitlines()
    )
    for words in list_kith_commands(lines):
        parse(words, whole=True)


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "bench/README.md"])
def test_a_command_of_a_block_runs_from_a_fresh_clone(page: str) -> None:
    """There ``kith`` and ``pytest`` are not on the path."""
    for block in blocks(page):
        if not block.language:
            assert not re.search(r"^(?:kith|pytest|python|ruff)\b", block.code, re.MULTILINE), block


@pytest.mark.parametrize("path", OPERATORS_FILES)
def test_every_kith_command_for_operators_exists(path: str) -> None:
    text = read_page(path)
    quoted = re.findall(r"`(kith[^`]*)`", text)
    for words in list_kith_commands(iter([*text.splitlines(), *quoted])):
        parse([word for word in words if word != "$@"], whole=False)


@pytest.mark.parametrize("page", PAGES)
def test_every_make_target_exists(page: str) -> None:
    for command in list_commands(page):
        words = list_words(command)
        if words[:1] == ["make"] and len(words) > 1:
            assert words[1] in _TARGETS, command
            for setting in words[2:]:
                assert f"$({setting.partition('=')[0]})" in _MAKEFILE, command


@pytest.mark.parametrize("page", PAGES)
def test_every_module_that_is_run_exists(page: str) -> None:
    for command in list_commands(page):
        words = list_words(command)
        if "-m" in words and words[0].endswith("python"):
            module = words[words.index("-m") + 1]
            assert importlib.util.find_spec(module), command


def test_every_option_of_the_benchmark_exists(capsys: pytest.CaptureFixture[str]) -> None:
    from bench import flood, run  # noqa: PLC0415  # their imports are those of a load program

    for program in (run, flood):
        with pytest.raises(SystemExit):
            program.main(["--help"])
    known = capsys.readouterr().out
    for option in re.findall(r"(?<![\w-])--[a-z]+", read_page("bench/README.md")):
        assert option in known or option == "--help", option


def list_pytest_runs() -> Iterator[list[str]]:
    for page in PAGES:
        for command in list_commands(page):
            words = list_words(command)
            if words and words[0].endswith("/pytest"):
                yield words[1:]


@pytest.mark.parametrize("words", [*list_pytest_runs()], ids=" ".join)
def test_a_run_of_pytest_finds_tests(words: list[str]) -> None:
    paths = [REPOSITORY / word for word in words if word.startswith("tests")]
    files = [
        file
        for path in paths or [REPOSITORY / "tests"]
        for file in (path.rglob("test_*.py") if path.is_dir() else [path])
    ]
    assert files
    text = "\n".join(file.read_text() for file in files)
    if "-k" in words:
        wanted = words[words.index("-k") + 1]
        assert re.search(rf"^def test_\w*{wanted}", text, re.MULTILINE), wanted
    if "-m" in words:
        assert f"pytest.mark.{words[words.index('-m') + 1]}" in text
