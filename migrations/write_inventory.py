"""Write what the operational vault holds into ``THREAT_MODEL.md``.

``python -m migrations.write_inventory``, whenever a class of operational values changed.
"""

from __future__ import annotations

from pathlib import Path

from app.models import list_operational_values

TARGET = Path(__file__).parents[1] / "THREAT_MODEL.md"
_BEGIN = "<!-- written by migrations/write_inventory.py -->\n"
_END = "<!-- until here -->\n"


def make_inventory() -> str:
    """Return a line for each table, with the names of its operational values."""
    return "".join(
        f"* `{table}`: {', '.join(names)}\n" for table, names in list_operational_values().items()
    )


def read_inventory() -> str:
    """Return what ``THREAT_MODEL.md`` says."""
    _, _, rest = TARGET.read_text(encoding="utf-8").partition(_BEGIN)
    return rest.partition(_END)[0]


def main() -> None:
    """Replace what stands between the two marks."""
    text = TARGET.read_text(encoding="utf-8")
    before, _, rest = text.partition(_BEGIN)
    TARGET.write_text(before + _BEGIN + make_inventory() + _END + rest.partition(_END)[2], "utf-8")


if __name__ == "__main__":
    main()
