"""Every path, link, module and name in the documents exists."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from app import models
from app.settings import Settings, load_settings
from tests.docs.pages import OPERATORS_FILES, PAGES, REPOSITORY, blocks, prose, read_page, spans

_FOLDERS = "app bench deploy docs migrations simulation tests".split()
_PATH = re.compile(rf"(?<![\w/.$-])(?:\.ci|{'|'.join(_FOLDERS)})/[\w./*-]*")
_FILE = re.compile(r"(?<![\w/.-])[A-Z_]+\.md\b")
# Pages that speak of functions, classes and modules.
OF_THE_CODE = ("ARCHITECTURE.md", "CONTRIBUTING.md")
_ROOMS = sorted(path.name for path in (REPOSITORY / "app").iterdir() if path.suffix != ".pyc")


def list_paths(text: str) -> set[str]:
    found = {match.rstrip(".*").rstrip("/") for match in _PATH.findall(text)}
    return {path for path in found if "/" in path} | set(_FILE.findall(text))


def test_the_pages_name_things_of_each_kind() -> None:
    """Else the tests below would find nothing wrong because they find nothing."""
    whole = "\n".join(read_page(page) for page in PAGES)
    assert len(list_paths(whole)) > 50
    assert len(re.findall(r"\]\(([^):]+)\)", whole)) > 5
    assert len(re.findall(r"/v1/\w+", whole)) > 5


@pytest.mark.parametrize("page", [*PAGES, *OPERATORS_FILES])
def test_every_path_exists(page: str) -> None:
    folders = (REPOSITORY, (REPOSITORY / page).parent)
    named = list_paths(read_page(page))
    assert not {path for path in named if not any((one / path).exists() for one in folders)}


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_somewhere(page: str) -> None:
    for target in re.findall(r"\]\(([^)]+)\)", prose(page)):
        if "://" in target:
            continue
        path, _, anchor = target.partition("#")
        file = (REPOSITORY / page).parent / path if path else REPOSITORY / page
        assert file.exists(), target
        if anchor:
            assert anchor in list_anchors(file), target


def list_anchors(file: Path) -> set[str]:
    """The anchors that a page's headings get."""
    headings = re.findall(r"^#+ (.+)$", file.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


# -- names of the code


# Read as text, for parsing every file takes ten times as long.
_DEFINED = re.compile(
    r"^\s*(?:async )?(?:def|class) (\w+)|^\s*(\w+)(?:, \w+)*(?:: [^=\n]+)? = "
    r"|\b(\w+): |^from \S+ import (\w+)",
    re.MULTILINE,
)


@cache
def defined_names() -> frozenset[str]:
    """Everything that has a name in the code: modules, classes, functions, arguments, columns."""
    files = [
        path
        for folder in ("app", "migrations")
        for path in (REPOSITORY / folder).rglob("*.py")
        if "versions" not in path.parts
    ]
    found = {path.stem for path in files} | {path.parent.name for path in files}
    for path in (*files, REPOSITORY / "tests/conftest.py"):
        found.update(*_DEFINED.findall(path.read_text()))
    return frozenset(found)


def resolve(dotted: str) -> bool:
    """Whether ``app.room.module.name``, or the same without ``app``, is there."""
    parts = dotted.split(".")
    path = REPOSITORY / "app"
    for at, part in enumerate(parts[1:] if parts[0] == "app" else parts):
        if (path / part).is_dir():
            path /= part
        elif (path / part).with_suffix(".py").is_file():
            path = (path / part).with_suffix(".py")
        else:
            return at > 0 and mentions(path, part)
    return True


def mentions(path: Path, name: str) -> bool:
    """Whether a module defines or re-exports a name."""
    module = path / "__init__.py" if path.is_dir() else path
    text = module.read_text()
    return (
        re.search(rf"^(?:(?:async )?def|class) {name}\b|^{name}\b|\b{name},?$", text, re.MULTILINE)
        is not None
    )


@pytest.mark.parametrize("page", OF_THE_CODE)
def test_every_name_of_the_code_exists(page: str) -> None:
    """``read_case``, ``CaseFile``, ``SURGE_SIZE``, and each part of ``db.keys.read_values``."""
    found = (
        re.fullmatch(r"((?!KITH_)[A-Za-z_][\w.]*(?<!\.md)(?<!\.py))(?:\(.*\))?", span)
        for span in spans(page)
    )
    named = {part for one in found if one for part in one[1].split(".") if _is_marked(part)}
    assert named <= defined_names(), named - defined_names()


def _is_marked(name: str) -> bool:
    """Whether a word is certainly a name, and not a word of English or a file's ending."""
    return "_" in name or re.search(r"[a-z][A-Z]|^[A-Z]{2,}$", name) is not None


@pytest.mark.parametrize("page", PAGES)
def test_every_dotted_name_leads_somewhere(page: str) -> None:
    for span in spans(page):
        name = re.fullmatch(r"((?:app\.)?([a-z_]+)(?:\.(?!py\b)\w+)+)(?:\(.*\))?", span)
        if name and (name[1].startswith("app.") or (page in OF_THE_CODE and name[2] in _ROOMS)):
            assert resolve(name[1]), span


def test_the_plan_of_the_house_has_every_room_on_its_floor() -> None:
    """In the order of the contract, and with the first words of the room's own docstring nearby."""
    plan = next(block.code for block in blocks("ARCHITECTURE.md") if "cli/" in block.code)
    shown = [line.split()[0].removesuffix(".py").rstrip("/") for line in plan.splitlines()]
    rooms = [name for name in shown if not name.startswith("──")]
    contracts = tomllib.loads(read_page("pyproject.toml"))["tool"]["importlinter"]["contracts"]
    [floors] = [one["layers"] for one in contracts if one["name"] == "Imports point down"]
    assert rooms == floors


def test_every_table_of_steps_is_shown_where_it_is() -> None:
    rows = re.findall(
        r"^\| (`[A-Z_`, ]+) \| `(\w+\.py)` \| (.*) \|$", prose("ARCHITECTURE.md"), re.MULTILINE
    )
    shown = {name: file for names, file, _ in rows for name in re.findall(r"[A-Z_]+", names)}
    assert set(shown) == {name for name in vars(models) if name.endswith("_TRANSITIONS")}
    for name, file in shown.items():
        assert f"\n{name}: " in read_page(f"app/models/{file}")
    for names, _, makers in rows:
        text = "".join(map(read_page, re.findall(r"`(app/[\w/]+\.py)`", makers)))
        for name in re.findall(r"[A-Z_]+", names):
            assert name in text or name == "JOB_TRANSITIONS", name


def test_every_test_that_the_threat_model_names_exists() -> None:
    named = re.findall(r"`((?:\w+/)*test_\w+\.py)`", prose("THREAT_MODEL.md"))
    assert named
    for name in named:
        assert list((REPOSITORY / "tests").rglob(name)), name


# -- the interface


@cache
def served_paths() -> frozenset[str]:
    """Every path of the demo, as it is declared."""
    from app.main import create_app  # noqa: PLC0415  # the wiring loads everything

    settings: Settings = load_settings(environment="demo", public_url="http://127.0.0.1:8000")
    return frozenset(route.path for route in list_routes(create_app(settings)))


def list_routes(app: Any) -> list[Any]:
    from fastapi.routing import iter_route_contexts  # noqa: PLC0415

    return [route for route in iter_route_contexts(app.routes) if getattr(route, "path", None)]


@pytest.mark.parametrize("page", PAGES)
def test_every_path_of_the_interface_is_served(page: str) -> None:
    for path in re.findall(r"(?<![\w/}])/(?:v1|simulator|twilio)/[\w{}/.-]*[\w}]", read_page(page)):
        assert any(_fits(served, path) for served in served_paths()), path


def _fits(served: str, path: str) -> bool:
    wanted = re.sub(r"\{\w+\}", r"[^/]+", re.sub(r"\{\w+:path\}", ".+", served))
    return re.fullmatch(wanted, path) is not None
