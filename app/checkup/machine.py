"""The machine: configuration, key files, disk, swap, clock."""

from __future__ import annotations

import shutil
import stat
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy import func, select

from app.checkup.findings import Finding, Scene, ok, problem, warning
from app.crypto import KeyFiles, day_number
from app.retention import SHRED_KEY_DAYS

_LOOPBACK = {"127.0.0.1", "localhost", "::1"}
_SWAPS = Path("/proc/swaps")
_LITTLE, _TOO_LITTLE = 1 << 30, 200 << 20
# The worker destroys keys when it next runs, and the day turns meanwhile.
_SHRED_SLACK_DAYS = 2


def look_at_machine(scene: Scene) -> Iterator[Finding]:
    """Yield what this machine and its configuration are like."""
    yield from _configuration(scene)
    yield from _keys(scene)
    yield _disk(scene)
    yield _swap(scene)
    if not scene.database.on_sqlite:
        yield _database_clock(scene)


def _configuration(scene: Scene) -> Iterator[Finding]:
    settings = scene.settings
    if not scene.in_production:
        yield ok("configuration", "This is a demo: nobody's safety may depend on it.")
        return
    if urlsplit(settings.url).hostname in _LOOPBACK:
        yield problem(
            "configuration", "KITH_PUBLIC_URL is not set, so the carrier cannot reach this service."
        )
    if not settings.require_mfa:
        yield warning(
            "configuration", "KITH_REQUIRE_MFA is off: a passphrase alone lets people in."
        )
    if settings.operational_key == "file":
        yield warning(
            "configuration",
            "KITH_OPERATIONAL_KEY is `file`: a seized disk shows callers' numbers and the rota.",
        )
    yield ok("configuration", f"The carrier should call {settings.url}.")


def _keys(scene: Scene) -> Iterator[Finding]:
    files = KeyFiles(scene.settings.keys_path)
    if files.folder.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        yield problem("keys", "Others can enter the keys folder: chmod it to 0700.")
    unsafe = files.unsafe_files()
    if unsafe:
        yield problem("keys", f"Others can read {', '.join(unsafe)}: chmod to 0600.")
    else:
        yield ok("keys", "Only their owner can read the key files.")
    days, today = files.shred_days(), day_number(scene.now)
    if days and days[0] < today - SHRED_KEY_DAYS - _SHRED_SLACK_DAYS:
        age = today - days[0]
        yield problem(
            "shred keys",
            f"The oldest shred key is {age} days old, so copies of the database that old still "
            "open: is the worker running?",
        )
    else:
        yield ok("shred keys", f"{len(days)} shred keys, none older than it should be.")


def _disk(scene: Scene) -> Finding:
    free = shutil.disk_usage(scene.settings.data_dir).free
    said = f"{free / (1 << 30):.1f} GB free where the data is."
    if free < _TOO_LITTLE:
        return problem("disk", said + " Texts are about to be refused.")
    return warning("disk", said) if free < _LITTLE else ok("disk", said)


def _swap(scene: Scene) -> Finding:
    """Keys in memory must not end on a disk; compressed memory and encrypted swap are neither."""
    if not _SWAPS.exists():
        return warning("swap", "It cannot be told here whether memory is swapped to a disk.")
    devices = [line.split()[0] for line in _SWAPS.read_text(encoding="utf-8").splitlines()[1:]]
    plain = [device for device in devices if not _is_harmless(device)]
    if not plain:
        return ok("swap", "Memory is not swapped to a disk in the clear.")
    said = f"Memory may be swapped in the clear to {', '.join(plain)}: keys would lie on the disk."
    return problem("swap", said) if scene.in_production else warning("swap", said)


def _is_harmless(device: str) -> bool:
    name = Path(device).resolve().name
    kind = Path("/sys/block") / name / "dm" / "uuid"
    encrypted = kind.exists() and kind.read_text(encoding="utf-8").startswith("CRYPT-")
    return name.startswith("zram") or encrypted


def _database_clock(scene: Scene) -> Finding:
    with scene.database.snapshot() as db:
        theirs: datetime = db.scalars(select(func.clock_timestamp())).one()
    return compare_clocks("database clock", theirs, datetime.now(UTC))


def compare_clocks(about: str, theirs: datetime, ours: datetime) -> Finding:
    """Return whether two clocks agree well enough for codes, safe hours and alerts."""
    apart = abs(theirs - ours)
    said = f"The clocks are {apart.total_seconds():.0f} s apart."
    if apart > timedelta(minutes=5):
        return problem(about, said + " Sign-in codes and safe hours would be wrong.")
    return warning(about, said) if apart > timedelta(seconds=30) else ok(about, said)
