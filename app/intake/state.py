"""What the script remembers between two texts, and what it says about one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from app.intake.keywords import Keyword
from app.texts import QUESTIONS, SAID_ALIKE, Texts

Method = Literal["text", "call"]

# Where the dialogue stands: nothing said yet, greeting said, one of the questions open, all said.
STAGES = frozenset({"new", "language", *QUESTIONS, "done"})


@dataclass(frozen=True, slots=True)
class State:
    """Where one conversation stands; holds codes only, never a word of the caller's.

    ``topic``: the situation chosen since the last greeting, which decides the questions.
    ``situation``: the most urgent one chosen ever. Since the last greeting: ``asked``, how many
    questions; ``city``, whether the caller named one.
    """

    stage: str = "new"
    language: str | None = None
    situation: str | None = None
    topic: str | None = None
    asked: int = 0
    city: bool = False

    def to_json(self) -> dict[str, str | int | bool]:
        """Return a small JSON object, without what is unset."""
        values = {
            "stage": self.stage,
            "language": self.language,
            "situation": self.situation,
            "topic": self.topic,
            "asked": self.asked or None,
            "city": self.city or None,
        }
        return {name: value for name, value in values.items() if value is not None}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> State:
        """Return the state that ``to_json`` wrote. Raises ``ValueError`` for anything else."""
        codes = (data.get("language"), data.get("situation"), data.get("topic"))
        asked, city = data.get("asked", 0), data.get("city", False)
        if (
            data.keys() - cls.__slots__
            or data.get("stage") not in STAGES
            or not all(code is None or isinstance(code, str) for code in codes)
            or not isinstance(asked, int)
            or not isinstance(city, bool)
        ):
            raise ValueError("this is not a state of the intake")
        return cls(data["stage"], codes[0], codes[1], codes[2], asked, city)


@dataclass(frozen=True, slots=True)
class Reply:
    """One text to send: its key, the language it is in (None: for everyone), the text itself."""

    key: str
    language: str | None
    text: str


@dataclass(frozen=True, slots=True)
class ContactHint:
    """How the caller said to answer. No ``methods`` means: by neither. ``hours`` is free text."""

    methods: tuple[Method, ...]
    hours: str | None


@dataclass(frozen=True, slots=True)
class Step:
    """What follows from one incoming text.

    ``urgency`` is the tier afterwards, 0 to 3, never higher in number than before. ``language``,
    ``situation`` and ``region`` are set where this text chose them, else None: leave the case as
    it is. ``answers`` is to be sealed; see ``step`` for its names. ``reply_language`` is the one
    to answer a keyword in. ``understood`` is False where only a person can tell what is meant.
    """

    replies: tuple[Reply, ...]
    state: State
    urgency: int
    language: str | None = None
    situation: str | None = None
    region: str | None = None
    answers: Mapping[str, str] = field(default_factory=dict)
    contact: ContactHint | None = None
    callback: bool = False
    keyword: Keyword | None = None
    reply_language: str | None = None
    understood: bool = False


def say(texts: Texts, language: str | None, key: str, **values: str) -> Reply:
    """Return the text ``key`` as a reply, in ``language`` if there are enabled texts in it."""
    spoken = language if key not in SAID_ALIKE and texts.speaks(language) else None
    return Reply(key, spoken, texts.get(spoken, key, **values))


EraseAnswer = Literal["erase_code", "erase_wrong", "erase_stopped", "erase_done", "erase_waiting"]


def erase_reply(
    texts: Texts, language: str | None, key: EraseAnswer, *, code: str | None = None
) -> Reply:
    """Return a reply of the erase dialogue, the same for every number, known or not.

    ``language`` is the ``reply_language`` of the step that asked to erase; ``code`` (four digits)
    goes with ``erase_code`` only. ``erase_waiting`` says what ``erase_done`` says: whether a case
    is open is nobody's to learn.
    """
    return say(texts, language, key, **({} if code is None else {"code": code}))
