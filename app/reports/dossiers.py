"""A dossier about a refused service as a PDF, printed in a process of its own."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path

from app.errors import BadRequest, Refusal
from app.process import ChildProgram

_PROGRAM = Path(__file__).with_name("dossier_program.py")
_MOST_NAMED = 12


class DossierFailed(Refusal):
    """The dossier could not be printed: the process for it ended. Please try again."""

    slug = "sealed"


@dataclass(frozen=True)
class Dossier:
    """What a paper says: its title, what it is, each shared field under its label."""

    title: str
    language: str
    drafted_on: date
    opening: Sequence[str]
    fields: Sequence[tuple[str, str]] = field(repr=False)
    closing: Sequence[str]


def print_dossier(dossier: Dossier) -> bytes:
    """Return the PDF: the same bytes for the same dossier. BadRequest, DossierFailed.

    The paper is in English or French, and its font has their letters, those of our other languages
    in Latin letters, and more; it does not print a word wrongly.
    """
    told = {**asdict(dossier), "drafted_on": dossier.drafted_on.isoformat()}
    with ChildProgram(_PROGRAM, DossierFailed) as press:
        printed = press.ask(json.dumps(told).encode() + b"\n")
    if missing := printed.get("missing"):
        raise BadRequest(
            f"The paper cannot print these letters: {' '.join(missing[:_MOST_NAMED])}. "
            "Write what is shared in the language of the dossier, and names in Latin letters."
        )
    return base64.b64decode(printed["pdf"])
