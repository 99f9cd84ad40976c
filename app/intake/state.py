"""The state of the script between two texts, and the result of one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from app.intake.keywords import Keyword
from app.texts import QUESTIONS, SAID_ALIKE, Texts

Method = Literal["text", "call"]

# Where the dialogue stands: nothing said yet, greeting said, one of the questions open, all said.
STAGES = frozenset({"new", "language", *QUESTIONS, "done"})


@dataclass(frozen=True, slots=True)
class ScriptState:
    """Where one conversation stands; holds codes only, never a word of the caller's.

    ``topic``: the situation chosen since the last greeting, which decides the questions.
    ``situation``: the most urgent one chosen ever. Since the last greeting: ``asked``, how many
    questions; ``city``, whether the caller named one. ``long``: the last text was as long as one
    that phones send in parts, so that the rest of it may follow.
    """

    # Stored, it is read by its own names and no others.
    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    stage: str = "new"
    language: str | None = None
    situation: str | None = None
    topic: str | None = None
    asked: int = 0
    city: bool = False
    long: bool = False

    def __post_init__(self) -> None:
        if self.stage not in STAGES:
            raise ValueError("this is not a state of the intake")


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
    """The result of one incoming text.

    ``urgency`` is the tier afterwards, 0 to 3, never higher in number than before. ``language``,
    ``situation`` and ``region`` are set where this text chose them, else None: leave the case as
    it is. ``detected_language``: what a free text is surely written in, while the caller has
    chosen none; a guess, for the desk alone. ``answers`` is to be sealed; see ``step`` for its
    names. ``reply_language`` is the one to answer a keyword in. ``understood`` is False where only
    a person can tell what is meant. ``begins``: a silence, or nothing at all, came before this
    text.
    """

    replies: tuple[Reply, ...]
    state: ScriptState
    urgency: int
    language: str | None = None
    detected_language: str | None = None
    situation: str | None = None
    region: str | None = None
    answers: Mapping[str, str] = field(default_factory=dict)
    contact: ContactHint | None = None
    callback: bool = False
    keyword: Keyword | None = None
    reply_language: str | None = None
    understood: bool = False
    begins: bool = False


def make_reply(texts: Texts, language: str | None, key: str, **values: str) -> Reply:
    """Return the text ``key`` as a reply, in ``language`` if there are enabled texts in it."""
    spoken = language if key not in SAID_ALIKE and texts.speaks(language) else None
    return Reply(key, spoken, texts.get(spoken, key, **values))


EraseAnswer = Literal["erase_code", "erase_wrong", "erase_only_code", "erase_stopped", "erase_done"]


def make_erase_reply(
    texts: Texts, language: str | None, key: EraseAnswer, *, code: str | None = None
) -> Reply:
    """Return a reply of the erase dialogue, the same for every number, known or not.

    ``language`` is the ``reply_language`` of the step that asked to erase; ``code`` (four digits)
    goes with ``erase_code`` only. ``erase_done`` says nothing about what there is to erase.
    """
    return make_reply(texts, language, key, **({} if code is None else {"code": code}))
