"""Comparing what is here with what was promised: one function per way to be worse than it."""

from __future__ import annotations

import re
import stat
import struct
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from app.crypto import KeyFiles, day_number
from app.operations.drill.attempts import OpenedCell
from app.operations.drill.cells import Cell
from app.settings import Settings
from app.vault import SHRED_KEY_DAYS

FAILURE, WARNING = "failure", "warning"
# After midnight the worker takes up to half an hour until it comes to its daily round.
_ROUND = timedelta(hours=1)
_MOST_WAKE_NUMBERS = 5
_READABLE_BY_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_CORE_NAME = re.compile(r"core(\.[0-9]+)?|.*\.core")
_ELF_CORE = 4  # e_type ET_CORE, elf(5)


@dataclass(frozen=True)
class DrillFinding:
    """Where reality is worse than the promise (failure), or could become so (warning)."""

    level: str
    what: str
    advice: str


def check_key_files(settings: Settings, files: KeyFiles, now: datetime) -> Iterator[DrillFinding]:
    """Check who can read the keys, which there are, and how old."""
    for name in files.unsafe_files():
        yield DrillFinding(FAILURE, f"others can read the key file {name}", "chmod it to 0600")
    if files.folder.stat().st_mode & _READABLE_BY_OTHERS:
        yield DrillFinding(WARNING, "others can list the keys folder", "chmod it to 0700")
    on_disk = files.operational_seed() is not None
    if on_disk and settings.operational_key == "unseal":
        yield DrillFinding(
            FAILURE,
            "operational.key lies on the disk, though KITH_OPERATIONAL_KEY is `unseal`",
            "sign in once so that the server has it, then remove the file",
        )
    if on_disk and settings.environment == "production" and settings.operational_key == "file":
        yield DrillFinding(
            WARNING,
            "whoever takes the disk can read the operational vault",
            "set KITH_OPERATIONAL_KEY=unseal unless the risk is small",
        )
    oldest = _oldest_day(now)
    for day in files.shred_days():
        if day < oldest:
            age = day_number(now) - day
            yield DrillFinding(
                FAILURE,
                f"a shred key is {age} days old: copies of the database from then still open",
                "start the server; within an hour it moves what needs the key and destroys it",
            )


def _oldest_day(now: datetime) -> int:
    return day_number(now - _ROUND) - SHRED_KEY_DAYS


def check_layers(files: KeyFiles, keys: Iterable[Cell]) -> Iterator[DrillFinding]:
    """Check that each stored key lies under a shred key that exists, and will be moved on."""
    days = set(files.shred_days())
    bare, unmoved, lost = Counter[str](), Counter[str](), Counter[str]()
    for cell in keys:
        name = f"{cell.table}.{cell.column}"
        if cell.day is None:
            bare[name] += 1
        elif cell.row.get("shred_day") is None or cell.row["shred_day"] > cell.day:
            unmoved[name] += 1
        elif cell.day not in days:
            lost[name] += 1
    for name, count in bare.items():
        what = f"{count} keys in {name} have no forgetting layer"
        yield DrillFinding(FAILURE, what, "a copy of the database never forgets them; report this")
    for name, count in unmoved.items():
        what = f"{count} keys in {name} will not be moved to a newer shred key"
        yield DrillFinding(
            FAILURE, what, "their row names another day than they lie under; report this"
        )
    for name, count in lost.items():
        what = f"{count} keys in {name} lie under a shred key that is gone: nobody can open them"
        yield DrillFinding(WARNING, what, "restore the keys folder, if it was lost")


def check_opened(settings: Settings, opened: Iterable[OpenedCell]) -> Iterator[DrillFinding]:
    """Check that nothing opened with what lies on this disk but what `file` mode allows."""
    counts = Counter(
        (one.cell.word, f"{one.cell.table}.{one.cell.column}", one.by[-1])
        for one in opened
        if not (one.cell.word == "operational" and settings.operational_key == "file")
    )
    for (word, name, by), count in sorted(counts.items()):
        what = f"{count} {word} values of {name} open with {by}"
        yield DrillFinding(
            FAILURE, what, "that key must not be on this machine: remove and replace it"
        )


def check_bare(bare: Mapping[tuple[str, str], int]) -> Iterator[DrillFinding]:
    """Name what stands in a sealed or operational column without being sealed."""
    for (table, column), count in sorted(bare.items()):
        yield DrillFinding(
            FAILURE,
            f"{count} values of {table}.{column} are not sealed: a stolen database tells them",
            "find out what wrote them; report this",
        )


def check_strangers(columns: Iterable[str]) -> Iterator[DrillFinding]:
    """Name what the database holds and no promise speaks of."""
    for name in columns:
        yield DrillFinding(
            FAILURE, f"{name} is in the database but not in the inventory", "remove what added it"
        )


def check_files(settings: Settings, environment: Mapping[str, str]) -> Iterator[DrillFinding]:
    """Check the other files with secrets in them."""
    secret_files = [Path(value) for name, value in environment.items() if _names_a_secret(name)]
    demo = settings.data_dir / "demo.json"
    for path in [*secret_files, demo]:
        if path.is_file() and path.stat().st_mode & _READABLE_BY_OTHERS:
            yield DrillFinding(FAILURE, f"others can read {path}", "chmod it to 0600")
    if demo.exists() and settings.environment == "production":
        yield DrillFinding(
            FAILURE, "the demo's passphrases lie in the data directory", "remove demo.json"
        )
    wake = settings.wake_numbers_file
    if wake and len(wake.read_text(encoding="utf-8").split()) > _MOST_WAKE_NUMBERS:
        yield DrillFinding(FAILURE, "there are more than five wake numbers", "leave at most five")
    if settings.data_dir.is_dir() and settings.data_dir.stat().st_mode & stat.S_IRWXO:
        yield DrillFinding(WARNING, "others can look into the data directory", "chmod it to 0700")
    if settings.environment == "production" and not settings.require_mfa:
        yield DrillFinding(WARNING, "a passphrase alone signs in", "set KITH_REQUIRE_MFA=true")


def _names_a_secret(name: str) -> bool:
    return name.startswith("KITH_") and name.endswith("_FILE")


def check_machine(settings: Settings, proc: Path = Path("/proc")) -> Iterator[DrillFinding]:
    """Check where memory could end on the disk."""
    swaps = proc / "swaps"
    if swaps.exists():
        lines = swaps.read_text(encoding="utf-8").splitlines()[1:]
        if any(not line.startswith("/dev/zram") for line in lines):
            yield DrillFinding(
                WARNING,
                "swap is on: what is open in memory may be written to the disk",
                "switch it off, or encrypt it with a key made anew at each start",
            )
    for path in (*settings.data_dir.glob("*core*"), *Path.cwd().glob("*core*")):
        if _CORE_NAME.fullmatch(path.name) and _is_core_dump(path):
            yield DrillFinding(
                FAILURE, f"{path.name} is a dump of a process's memory", "destroy it"
            )


def _is_core_dump(path: Path) -> bool:
    with path.open("rb") as file:
        head = file.read(18)
    return (
        head[:4] == b"\x7fELF"
        and len(head) == 18
        and struct.unpack_from("<H", head, 16)[0] == _ELF_CORE
    )
