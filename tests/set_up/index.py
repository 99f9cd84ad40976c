"""A package index in a folder: the pinned release of every package, and a newer one beside it.

Its wheels are empty, but they ask for what the real ones ask for, extras included, so that pip has
the same choices to make as with the real index. Only pip's own wheel is real, because it installs
the others.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from packaging.utils import canonicalize_name
from packaging.version import Version

_PIN = re.compile(r"^(?P<name>[\w.-]+)(?P<extras>\[[^]]*\])?==(?P<version>[^ \\]+)(?P<rest>[^\\]*)")

# What `pip install --editable .` asks the build tool for.
_BUILD_TOOL = """
import base64, hashlib, pathlib, tomllib, zipfile

def build_editable(folder, settings=None, metadata=None):
    project = tomllib.loads(pathlib.Path("pyproject.toml").read_text())["project"]
    lines = ["Metadata-Version: 2.1", "Name: kith", "Version: 1"]
    lines += [f"Requires-Dist: {asked}" for asked in project["dependencies"]]
    files = {"METADATA": "\\n".join(lines), "WHEEL": "Wheel-Version: 1.0\\nTag: py3-none-any\\n"}
    with zipfile.ZipFile(pathlib.Path(folder, "kith-1-py3-none-any.whl"), "w") as wheel:
        for name, text in files.items():
            wheel.writestr(f"kith-1.dist-info/{name}", text)
        record = "".join(f"kith-1.dist-info/{name},,\\n" for name in (*files, "RECORD"))
        wheel.writestr("kith-1.dist-info/RECORD", record)
    return "kith-1-py3-none-any.whl"
"""


@dataclass(frozen=True)
class Pin:
    """One line of a lock file: a package, its release, and on which machines it is wanted."""

    name: str
    extras: str
    version: str
    rest: str


def read_pins(lock: str) -> Iterator[Pin]:
    """Return what a lock file pins."""
    for line in lock.splitlines():
        if found := _PIN.match(line):
            yield Pin(
                found["name"], found["extras"] or "", found["version"], found["rest"].rstrip()
            )


def build_index(folder: Path, locks: Mapping[str, str], pips: Path) -> dict[str, str]:
    """Fill ``folder`` with wheels; return the lock files with the hashes of those wheels.

    ``pips`` holds real wheels of pip, among them the locked one.
    """
    hashes: dict[tuple[str, str], str] = {}
    pins = [pin for lock in locks.values() for pin in read_pins(lock)]
    for name, version in dict.fromkeys((pin.name, pin.version) for pin in pins):
        asked = _asked_for(name)
        for release in (version, _newer(version)):
            real = next(pips.glob(f"{name}-{release}-*.whl"), None)
            wheel = Path(shutil.copy(real, _page(folder, name))) if real else None
            wheel = wheel or _make_wheel(_page(folder, name), name, release, asked)
            hashes[name, release] = _list_wheel(wheel)
    return {
        name: "".join(
            f"{pin.name}{pin.extras}=={pin.version}{pin.rest} \\\n"
            f"    --hash=sha256:{hashes[pin.name, pin.version]}\n"
            for pin in read_pins(lock)
        )
        for name, lock in locks.items()
    }


def _newer(version: str) -> str:
    """Return a later release that every requirement met by ``version`` accepts too."""
    now = Version(version)
    return f"{now.base_version}.post{(now.post or 0) + 1}"


def _asked_for(name: str) -> Sequence[str]:
    try:
        asked = distribution(name)
    except PackageNotFoundError:  # a package for other systems or Pythons
        return ()
    extras = asked.metadata.get_all("Provides-Extra") or []
    return [
        *(f"Provides-Extra: {extra}" for extra in extras),
        *(f"Requires-Dist: {one}" for one in asked.requires or ()),
    ]


def _page(folder: Path, name: str) -> Path:
    page = folder / canonicalize_name(name)
    page.mkdir(parents=True, exist_ok=True)
    return page


def _list_wheel(wheel: Path) -> str:
    """Add a wheel to the page it lies beside; return its hash."""
    with (wheel.parent / "index.html").open("a") as listing:
        listing.write(f'<a href="{wheel.name}">{wheel.name}</a>\n')
    return hashlib.sha256(wheel.read_bytes()).hexdigest()


def _make_wheel(page: Path, name: str, version: str, asked: Sequence[str]) -> Path:
    stem = f"{canonicalize_name(name).replace('-', '_')}-{version}"
    info = f"{stem}.dist-info"
    metadata = "\n".join(
        ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}", *asked, ""]
    )
    files = {
        f"{info}/METADATA": metadata,
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    if name == "hatchling":
        files |= {"hatchling/__init__.py": "", "hatchling/build.py": _BUILD_TOOL}
    record = "".join(f"{path},,\n" for path in (*files, f"{info}/RECORD"))
    wheel = page / f"{stem}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for path, text in {**files, f"{info}/RECORD": record}.items():
            archive.writestr(zipfile.ZipInfo(path), text)
    return wheel
