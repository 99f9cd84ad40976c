"""Every sample of Python and every request in the documents works on the demo of `make run`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from app.simulator import Network
from tests.docs.demo import DOCUMENTED
from tests.docs.pages import PAGES, Block, blocks, list_words

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


# -- requests by curl


def list_requests(page: str) -> Iterator[list[str]]:
    for block in blocks(page):
        for line in block.code.replace("\\\n", " ").splitlines():
            if line.startswith("curl "):
                yield list_words(line)[1:]


def curl(demo: str, words: list[str]) -> httpx.Response:
    """Make the request of a ``curl`` command; only what the documents use of it."""
    words = [word for word in words if word != "-s"]
    headers, data, urls = {}, None, []
    while words:
        word = words.pop(0)
        if word == "-H":
            name, _, value = words.pop(0).partition(": ")
            headers[name] = value
        elif word == "-d":
            data = words.pop(0)
        else:
            urls.append(word)
    [url] = urls
    assert url.startswith(("localhost:8000/", f"http://{DOCUMENTED}/")), url
    where = f"http://{demo}/{url.removeprefix('http://').partition('/')[2]}"
    return httpx.request("POST" if data else "GET", where, headers=headers, content=data)


def test_the_requests_of_the_readme_are_answered(demo: str) -> None:
    network, made = Network(f"http://{demo}"), []
    for words in list_requests("README.md"):
        network.advance(0)  # a person who types the next command is slower than an answer
        made.append(curl(demo, words))
    assert [answer.status_code // 100 for answer in made] == [2] * len(made)
    assert "Hello / Bonjour." in made[-1].text
