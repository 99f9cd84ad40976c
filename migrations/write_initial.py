"""Write the initial migration again from the models: ``python -m migrations.write_initial``.

Until the first release there is only this one migration, and it follows the models. Afterwards it
never changes again; then delete this file and add migrations of one idea each.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Literal, cast

from alembic.autogenerate import render_python_code
from alembic.operations.ops import CreateIndexOp, CreateTableOp, UpgradeOps
from sqlalchemy import String, Table

from app.models import Base, Instant, State

TARGET = Path(__file__).parent / "versions" / "0001_initial.py"
_HEAD = '''"""The schema of the first release, written from the models by `write_initial.py`."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None
'''
_ON = """\
def _on(dialect: str) -> bool:
    return op.get_bind().dialect.name == dialect"""


def initial(tables: list[Table]) -> str:
    """Return the source of the migration: a function per table, called in order of dependence."""
    parts = [_HEAD, _upgrade(tables), _downgrade(tables)]
    if any("only" in table.info for table in tables):
        parts.append(_ON)
    return "\n\n".join([*parts, *(_table(table) for table in tables)]) + "\n"


def _upgrade(tables: list[Table]) -> str:
    calls = (f"{_condition(table)}_{table.name}()" for table in tables)
    return _function("upgrade", calls)


def _downgrade(tables: list[Table]) -> str:
    calls = (f'{_condition(table)}op.drop_table("{table.name}")' for table in reversed(tables))
    return _function("downgrade", calls)


def _condition(table: Table) -> str:
    return f'if _on("{table.info["only"]}"):\n        ' if "only" in table.info else ""


def _function(name: str, lines: Iterable[str]) -> str:
    return f"def {name}() -> None:\n    " + "\n    ".join(lines)


def _table(table: Table) -> str:
    creation = CreateTableOp.from_table(table)
    creation.info = {}
    indexes = sorted(table.indexes, key=lambda index: str(index.name))
    steps = UpgradeOps([creation, *(CreateIndexOp.from_index(index) for index in indexes)])
    code = render_python_code(steps, render_item=_type)
    body = "\n".join(line for line in code.splitlines() if line and "# ###" not in line)
    return f"def _{table.name}() -> None:\n{_with_indent(body)}"


def _type(kind: str, thing: object, _context: object) -> str | Literal[False]:
    if kind == "type" and isinstance(thing, Instant):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(thing, State):
        return f"sa.String(length={cast('String', thing.impl_instance).length})"
    return False


def _with_indent(body: str) -> str:
    return re.sub(r"^(?=\S)", "    ", body, flags=re.MULTILINE)


def laid_out(source: str) -> str:
    """Return the source as `make format` would leave it."""
    ruff = [sys.executable, "-m", "ruff", "format", "--stdin-filename", str(TARGET), "-"]
    done = subprocess.run(ruff, input=source, capture_output=True, text=True, check=True)  # noqa: S603  # our own tool, on our own text
    return done.stdout


if __name__ == "__main__":
    TARGET.write_text(laid_out(initial(Base.metadata.sorted_tables)), encoding="utf-8")
