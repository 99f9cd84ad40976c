"""Write what follows from the models into ``THREAT_MODEL.md``.

``python -m migrations.write_inventory``, whenever a class of operational values changed, or what
the MACs of rows cover: what the operational vault holds, and what can still be forged.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from app.models import AnyRow, list_operational_values, table

TARGET = Path(__file__).parents[1] / "THREAT_MODEL.md"
_BEGIN = "<!-- {}: written by migrations/write_inventory.py -->\n"
_END = "<!-- until here -->\n"


def make_inventory() -> str:
    """Return a line for each table, with the names of its operational values."""
    return "".join(
        f"* `{table}`: {', '.join(names)}\n" for table, names in list_operational_values().items()
    )


def make_forgeable() -> str:
    """Return what no MAC covers, each with why that hurts little, and what it covers for ever."""
    models = sorted(
        (mapper.class_ for mapper in AnyRow.registry.mappers), key=lambda m: m.__tablename__
    )
    unvouched = {one.__tablename__: one.why_unvouched for one in models if one.why_unvouched}
    lasting = [
        f"`{one.__tablename__}`"
        for one in models
        if not one.why_unvouched and "shred_day" not in table(one).c
    ]
    return "".join(
        (
            *(f"* `{name}`: {why}\n" for name, why in _list_harmless(models)),
            *(f"* all of `{name}`: {why}\n" for name, why in unvouched.items()),
            f"* a whole row, however old, of: {', '.join(lasting)}\n",
        )
    )


def _list_harmless(models: list[type[AnyRow]]) -> Iterator[tuple[str, str]]:
    for one in models:
        for column in table(one).c:
            if column.info.get("harmless") and not column.info.get("mac"):
                yield f"{one.__tablename__}.{column.name}", column.info["harmless"]


# What stands between which marks.
LISTS: Mapping[str, Callable[[], str]] = {
    "operational": make_inventory,
    "forgeable": make_forgeable,
}


def read_list(name: str) -> str:
    """Return what ``THREAT_MODEL.md`` says."""
    _, _, rest = TARGET.read_text(encoding="utf-8").partition(_BEGIN.format(name))
    return rest.partition(_END)[0]


def main() -> None:
    """Replace what stands between the marks of each list."""
    text = TARGET.read_text(encoding="utf-8")
    for name, make in LISTS.items():
        begin = _BEGIN.format(name)
        before, found, rest = text.partition(begin)
        if not found:
            raise SystemExit(f"{TARGET.name} has no line {begin.strip()}")
        text = before + begin + make() + _END + rest.partition(_END)[2]
    TARGET.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
