"""Check what import contracts cannot say about the house: faces, names and sizes.

Exit status 1, with one line for each fault, where something is not as ``ARCHITECTURE.md`` says.
``--report`` prints the measures instead and always exits 0.
"""

from __future__ import annotations

import ast
import io
import sys
import tokenize
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

APP = Path(__file__).parents[1] / "app"

LONGEST_FILE, LONGEST_FUNCTION = 250, 40
# Rooms that are not the domain: their names follow other rules.
EDGES = frozenset(("api", "cli", "console", "simulator"))
# Modules that end in -ing, and why they may.
GERUNDS = {
    "cases.waiting": "waiting is what a caller does, and the field's word",
    "desk.announcing": "what the desk does with a case",
    "desk.closing": "what the desk does with a case",
    "desk.erasing": "what the desk does with a case",
    "desk.exporting": "what the desk does with a case",
    "desk.handling": "what the desk does with a case",
    "desk.reading": "what the desk does with a case",
    "desk.replying": "what the desk does with a case",
    "inbound.receiving": "texts are received: the room has no other object",
    "keyring": "a keyring is a thing",
    "keyring.keyring": "a keyring is a thing",
    "paging": "the field's word for alerting whoever is on call",
    "requests.routing": "the field's word for choosing whom to ask",
    "requests.routing.ranking": "a ranking is a list",
    "crypto.sealing": "the field's word: a value is sealed",
    "texts.folding": "Unicode's word",
}
# What a room may take from another one, where that is less than all.
TAKES_ONLY = {
    # Statistics open operational codes, never what is sealed.
    ("statistics", "vault"): {"read_roster"},
    ("statistics", "cases"): {"find_words_of_trees"},
}


@dataclass(frozen=True)
class Module:
    """A file of the product, parsed. ``name`` leaves out ``app.``."""

    path: Path
    name: str
    text: str
    tree: ast.Module

    @property
    def room(self) -> str:
        """The room it lies in; empty for a module beside the rooms."""
        return self.name.partition(".")[0] if "." in self.name or self.is_face else ""

    @property
    def is_face(self) -> bool:
        """Whether it is a package's ``__init__``."""
        return self.path.name == "__init__.py"


Function = ast.FunctionDef | ast.AsyncFunctionDef


def read_modules() -> list[Module]:
    """Return every module of the product."""
    found = []
    for path in sorted(APP.rglob("*.py")):
        parts = path.relative_to(APP).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        text = path.read_text()
        found.append(Module(path, name, text, ast.parse(text)))
    return found


def find_faults(modules: list[Module]) -> Iterator[str]:
    """Yield one line for each thing that is not as it should be."""
    rooms = {module.name for module in modules if module.is_face and "." not in module.name}
    for module in modules:
        yield from _reach_past_faces(module, rooms)
        yield from _take_too_much(module)
        if module.is_face:
            yield from _code_in_face(module)
        yield from _too_large(module)
        if module.name.endswith("ing") and module.room not in EDGES and module.name not in GERUNDS:
            yield f"{module.name}: a module of the domain is named after a thing, not an -ing"
    yield from _one_name_many_places(modules)
    yield from _classes_twice(modules)


def _imports(module: Module) -> Iterator[tuple[int, str, list[str]]]:
    for node in ast.walk(module.tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("app."):
            name = (node.module or "").removeprefix("app.")
            yield node.lineno, name, [alias.name for alias in node.names]


def _reach_past_faces(module: Module, rooms: set[str]) -> Iterator[str]:
    for line, name, _ in _imports(module):
        room, _, inside = name.partition(".")
        if inside and room in rooms and room != module.room:
            yield f"{module.name}:{line}: reaches past the face of app.{room} into app.{name}"


def _take_too_much(module: Module) -> Iterator[str]:
    for line, name, taken in _imports(module):
        allowed = TAKES_ONLY.get((module.room, name))
        if allowed is not None and not allowed.issuperset(taken):
            yield f"{module.name}:{line}: may take only {sorted(allowed)} from app.{name}"


def _code_in_face(module: Module) -> Iterator[str]:
    for node in module.tree.body:
        is_doc = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        is_list = isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) in (
            "__all__",
            "__version__",
        )
        if not (is_doc or is_list or isinstance(node, ast.ImportFrom)):
            yield f"{module.name}:{node.lineno}: a face re-exports and holds no code"


def _functions(module: Module) -> Iterator[Function]:
    for node in ast.walk(module.tree):
        if isinstance(node, Function):
            yield node


def _too_large(module: Module) -> Iterator[str]:
    lines = module.text.count("\n")
    if lines > LONGEST_FILE and not module.is_face:  # a face is a list of names
        yield f"{module.name}: {lines} lines, over {LONGEST_FILE}"
    for function in _functions(module):
        length = (function.end_lineno or 0) - function.lineno + 1
        if length > LONGEST_FUNCTION:
            where = f"{module.name}:{function.lineno}"
            yield f"{where}: {function.name} has {length} lines, over {LONGEST_FUNCTION}"


def _public_functions(module: Module) -> list[str]:
    return [
        node.name
        for node in module.tree.body
        if isinstance(node, Function) and not node.name.startswith("_")
    ]


def _one_name_many_places(modules: list[Module]) -> Iterator[str]:
    places: dict[str, list[str]] = defaultdict(list)
    for module in modules:
        if module.room not in EDGES:
            for name in _public_functions(module):
                places[name].append(module.name)
    for name, where in sorted(places.items()):
        if len(where) > 3 and name != "main":
            yield f"{name} is the name of a function in {', '.join(where)}"


def _classes_twice(modules: list[Module]) -> Iterator[str]:
    places: dict[str, list[str]] = defaultdict(list)
    for module in modules:
        for node in module.tree.body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places[node.name].append(module.name)
    for name, where in sorted(places.items()):
        if len(where) > 1:
            yield f"{name} is the name of a class in {' and '.join(where)}"


# -- the measures


def count_substantive_lines(module: Module) -> int:
    """Return the lines of a module without blanks, comments, docstrings and imports."""
    code: set[int] = set()
    skipped = (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT)
    for token in tokenize.generate_tokens(io.StringIO(module.text).readline):
        if token.type not in skipped and token.type != tokenize.ENDMARKER:
            code.update(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(module.tree):
        is_doc = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        is_import = isinstance(node, ast.Import | ast.ImportFrom)
        if isinstance(node, ast.stmt) and (is_doc or is_import):
            code.difference_update(range(node.lineno, (node.end_lineno or 0) + 1))
    return len(code)


def report(modules: list[Module]) -> Iterator[str]:
    """Yield the measures that ``ARCHITECTURE.md`` and closing notes quote."""
    names = [name for module in modules for name in _public_functions(module)]
    domain = [
        name for module in modules if module.room not in EDGES for name in _public_functions(module)
    ]
    loose = [
        line
        for module in modules
        if module.room != "simulator"
        for line in module.text.splitlines()
        if "dict[str, Any]" in line or "Mapping[str, Any]" in line
    ]
    sizes = sorted(
        (function.end_lineno or 0) - function.lineno + 1
        for module in modules
        for function in _functions(module)
    )
    lines = sum(count_substantive_lines(module) for module in modules if not module.is_face)
    yield f"files {len(modules)}, rooms {len({module.room for module in modules} - {''})}"
    yield f"lines without blanks, comments, docstrings, imports {lines}"
    yield f"lines with dict or Mapping[str, Any] outside the simulator {len(loose)}"
    for what, listed in (("all", names), ("domain", domain)):
        short = sum("_" not in name for name in listed)
        yield f"public functions ({what}) {len(listed)}, of one word {short}"
    yield f"functions: median {sizes[len(sizes) // 2]} lines, longest {sizes[-1]}"
    most = Counter(domain).most_common(3)
    yield "names in most domain modules: " + ", ".join(f"{name} {count}" for name, count in most)


def main(arguments: list[str]) -> int:
    """Check, or report."""
    modules = read_modules()
    if "--report" in arguments:
        print("\n".join(report(modules)))
        return 0
    faults = list(find_faults(modules))
    print("\n".join(faults) or "The house is as it should be.")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
