"""Change one thing in the code at a time, and see whether a test notices.

``python -m bench.mutants app/vault:tests/vault app/cases:tests/cases`` draws ``--count`` changes
for each pair, runs the tests of the pair on each, and prints the changes that no test noticed.
Each change is written to the working tree and taken back; run it in a clone of its own.
"""

from __future__ import annotations

import argparse
import ast
import random
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_COMPARED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
_LONGEST_RUN_S = 300


@dataclass(frozen=True)
class Mutant:
    """One change: the text of a whole file with it, and where and what it is."""

    path: Path
    line: int
    what: str
    text: str


def list_mutants(path: Path) -> Iterator[Mutant]:
    """Yield every change that can be made to a file."""
    source = path.read_text()
    count = len(list(ast.walk(ast.parse(source))))
    for place in range(count):
        tree = ast.parse(source)
        node = list(ast.walk(tree))[place]
        what = _change(node)
        if what:
            yield Mutant(path, getattr(node, "lineno", 0), what, ast.unparse(tree))


def _change(node: ast.AST) -> str | None:
    """Change a node in place; return what was done, None where nothing fits."""
    if isinstance(node, ast.Compare) and type(node.ops[0]) in _COMPARED:
        other = _COMPARED[type(node.ops[0])]
        what = f"{type(node.ops[0]).__name__} becomes {other.__name__}"
        node.ops[0] = other()
        return what
    if isinstance(node, ast.BoolOp):
        node.op = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        return "and/or exchanged"
    if isinstance(node, ast.If | ast.IfExp):
        node.test = ast.UnaryOp(ast.Not(), node.test)
        return "condition turned round"
    if isinstance(node, ast.Constant) and type(node.value) is int:
        node.value += 1
        return "number raised by one"
    if isinstance(node, ast.Constant) and type(node.value) is bool:
        node.value = not node.value
        return "true/false exchanged"
    if isinstance(node, ast.Return) and node.value is not None and not _is_none(node.value):
        node.value = ast.Constant(None)
        return "returns None"
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        node.value = ast.Constant(None)
        return "call left out"
    return None


def _is_none(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def is_noticed(mutant: Mutant, tests: list[str]) -> bool:
    """Run tests on a change and take it back; return whether one failed."""
    before = mutant.path.read_text()
    try:
        mutant.path.write_text(mutant.text)
        command = [sys.executable, "-m", "pytest", "-q", "-x", "-n0", "-p", "no:cacheprovider"]
        done = subprocess.run(
            [*command, *tests], capture_output=True, timeout=_LONGEST_RUN_S, check=False
        )
    except subprocess.TimeoutExpired:
        return True  # an endless loop is noticed
    finally:
        mutant.path.write_text(before)
    return done.returncode != 0


def _files(place: str) -> list[Path]:
    path = Path(place)
    return [path] if path.is_file() else sorted(path.rglob("*.py"))


def main(arguments: list[str]) -> int:
    """Draw changes, try each, and print which no test noticed."""
    parser = argparse.ArgumentParser(prog="python -m bench.mutants", description=__doc__)
    parser.add_argument("pairs", nargs="+", help="code:tests, tests joined by commas")
    parser.add_argument("--count", type=int, default=12, help="changes for each pair")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args(arguments)
    for pair in given.pairs:
        code, _, tests = pair.partition(":")
        every = [mutant for path in _files(code) for mutant in list_mutants(path)]
        draw = random.Random(given.seed)  # noqa: S311  # nothing secret is drawn
        drawn = draw.sample(every, min(given.count, len(every)))
        noticed = 0
        for mutant in drawn:
            killed = is_noticed(mutant, tests.split(","))
            noticed += killed
            if not killed:
                print(f"  survives: {mutant.path}:{mutant.line} {mutant.what}", flush=True)
        print(f"{code}: {noticed} of {len(drawn)} noticed ({len(every)} possible)", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
