"""The machine: configuration, key files, disk, swap, clock."""

from __future__ import annotations

import shutil
import stat
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy import func, select

from app.crypto import KeyFiles, day_number
from app.operations.checkup.findings import (
    CheckFinding,
    CheckScene,
    report_ok,
    report_problem,
    report_warning,
)
from app.vault import SHRED_KEY_DAYS

_LOOPBACK = {"127.0.0.1", "localhost", "::1"}
_SWAPS = Path("/proc/swaps")
_LITTLE, _TOO_LITTLE = 1 << 30, 200 << 20
# The worker destroys keys when it next runs, and the day turns meanwhile.
_SHRED_SLACK_DAYS = 2


def look_at_machine(scene: CheckScene) -> Iterator[CheckFinding]:
    """Yield what this machine and its configuration are like."""
    yield from _configuration(scene)
    yield from _keys(scene)
    yield _disk(scene)
    yield _swap(scene)
    if not scene.database.on_sqlite:
        yield _database_clock(scene)


def _configuration(scene: CheckScene) -> Iterator[CheckFinding]:
    settings = scene.settings
    if not scene.in_production:
        yield report_ok("configuration", "This is a demo: nobody's safety may depend on it.")
        return
    if urlsplit(settings.url).hostname in _LOOPBACK:
        yield report_problem(
            "configuration", "KITH_PUBLIC_URL is not set, so the carrier cannot reach this service."
        )
    if not settings.require_mfa:
        yield report_warning(
            "configuration", "KITH_REQUIRE_MFA is off: a passphrase alone lets people in."
        )
    if settings.operational_key == "file":
        yield report_warning(
            "configuration",
            "KITH_OPERATIONAL_KEY is `file`: a seized disk shows callers' numbers and the rota.",
        )
    yield report_ok("configuration", f"The carrier should call {settings.url}.")


def _keys(scene: CheckScene) -> Iterator[CheckFinding]:
    files = KeyFiles(scene.settings.keys_path)
    if files.folder.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        yield report_problem("keys", "Others can enter the keys folder: chmod it to 0700.")
    unsafe = files.unsafe_files()
    if unsafe:
        yield report_problem("keys", f"Others can read {', '.join(unsafe)}: chmod to 0600.")
    else:
        yield report_ok("keys", "Only their owner can read the key files.")
    days, today = files.shred_days(), day_number(scene.now)
    if days and days[0] < today - SHRED_KEY_DAYS - _SHRED_SLACK_DAYS:
        age = today - days[0]
        yield report_problem(
            "shred keys",
            f"The oldest shred key is {age} days old, so copies of the database that old still "
            "open: is the worker running?",
        )
    else:
        yield report_ok("shred keys", f"{len(days)} shred keys, none older than it should be.")


def _disk(scene: CheckScene) -> CheckFinding:
    free = shutil.disk_usage(scene.settings.data_dir).free
    said = f"{free / (1 << 30):.1f} GB free where the data is."
    if free < _TOO_LITTLE:
        return report_problem("disk", said + " Texts are about to be refused.")
    return report_warning("disk", said) if free < _LITTLE else report_ok("disk", said)


def _swap(scene: CheckScene) -> CheckFinding:
    """Keys in memory must not end on a disk; compressed memory and encrypted swap are neither."""
    if not _SWAPS.exists():
        return report_warning("swap", "It cannot be told here whether memory is swapped to a disk.")
    devices = [line.split()[0] for line in _SWAPS.read_text(encoding="utf-8").splitlines()[1:]]
    plain = [device for device in devices if not _is_harmless(device)]
    if not plain:
        return report_ok("swap", "Memory is not swapped to a disk in the clear.")
    said = f"Memory may be swapped in the clear to {', '.join(plain)}: keys would lie on the disk."
    return report_problem("swap", said) if scene.in_production else report_warning("swap", said)


def _is_harmless(device: str) -> bool:
    name = Path(device).resolve().name
    kind = Path("/sys/block") / name / "dm" / "uuid"
    encrypted = kind.exists() and kind.read_text(encoding="utf-8").startswith("CRYPT-")
    return name.startswith("zram") or encrypted


def _database_clock(scene: CheckScene) -> CheckFinding:
    with scene.database.snapshot() as db:
        theirs: datetime = db.scalars(select(func.clock_timestamp())).one()
    return compare_clocks("database clock", theirs, datetime.now(UTC))


def compare_clocks(about: str, theirs: datetime, ours: datetime) -> CheckFinding:
    """Return whether two clocks agree well enough for codes, safe hours and alerts."""
    apart = abs(theirs - ours)
    said = f"The clocks are {apart.total_seconds():.0f} s apart."
    if apart > timedelta(minutes=5):
        return report_problem(about, said + " Sign-in codes and safe hours would be wrong.")
    return report_warning(about, said) if apart > timedelta(seconds=30) else report_ok(about, said)
