"""Words that must be found nowhere, and the search for them in whatever a seizure yields."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from app.operations.drill.search import SearchHit, list_files_below, search_sources

# Whatever reads as text, in UTF-8 or UTF-16; the files of a database are mostly something else.
_TEXTS = [
    re.compile(pattern)
    for pattern in (
        rb"[\x20-\x7e\x80-\xff]{8,}",
        rb"(?:[\x20-\x7e]\x00){8,}",
        rb"(?:\x00[\x20-\x7e]){8,}",
    )
]
# Our words and numbers begin alike for about so long, and most files hold not even that.
_ALIKE = 7


@dataclass(frozen=True)
class Canary:
    """Something a person typed or was given.

    ``vault`` is where it belongs: ``sealed``, ``operational``, ``secret`` (known to a person, or
    held by their client) or ``refused`` (input that was turned away). ``shown`` is how the
    interface shows it to who may see it.
    """

    label: str
    text: str
    vault: str
    shown: str

    @property
    def needles(self) -> dict[str, str]:
        """What to look for: the whole, and its unmistakable first word in whatever encoding."""
        return {self.label: self.text, f"{self.label} ": self.text.split(" ")[0]}


def word(label: str, vault: str, spice: str = "") -> Canary:
    """A new canary that nothing else looks like; ``spice`` adds letters that get escaped."""
    text = f"kanari{secrets.token_hex(6)} {spice} {label.split('/', maxsplit=1)[0]}"
    return Canary(label, text, vault, text)


def find(data: bytes, canaries: Iterable[Canary]) -> set[tuple[str, str]]:
    """Return the label of each canary that stands in ``data``, with its form."""
    text = b"\n".join(part for pattern in _TEXTS for part in pattern.findall(data))
    near = [
        canary
        for beginning, group in _by_beginning(canaries).items()
        if _hits(text, {beginning: beginning})
        for canary in group
    ]
    needles = {label: needle for canary in near for label, needle in canary.needles.items()}
    return {(hit.label.strip(), hit.form) for hit in _hits(text, needles)}


def _hits(text: bytes, needles: Mapping[str, str]) -> list[SearchHit]:
    return list(search_sources([("", text)], needles))


def _by_beginning(canaries: Iterable[Canary]) -> dict[str, list[Canary]]:
    groups: dict[str, list[Canary]] = {}
    for canary in canaries:
        groups.setdefault(canary.text[:_ALIKE], []).append(canary)
    return groups


def search(folder: Path, canaries: Iterable[Canary]) -> Iterator[tuple[str, str, str]]:
    """Yield file, label and form of each canary in the files below ``folder``, and their names."""
    wanted = list(canaries)
    for path in list_files_below(folder):
        name = str(path.relative_to(folder))
        for label, form in sorted(find(name.encode() + b"\n" + path.read_bytes(), wanted)):
            yield name, label, form
