"""Where the dialogues of phones stand while the server is sealed: in this process alone.

Nothing operational can be read then, so that no row says when a phone last wrote. What is forgotten
with the process costs a greeting too many.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime

from app.inbound.batches import Batch
from app.intake import SILENCE, Keyword, ScriptState, Step

_MANY = 1_000
# While sealed no question follows the answer to the greeting.
_ANSWERED = ScriptState("done")


@dataclass(frozen=True)
class SealedTalk:
    """The dialogue of one phone. ``silenced``: its owner wants no texts, which binds later."""

    at: datetime
    script: ScriptState
    silenced: bool = False


@dataclass
class SealedTalks:
    """The dialogues of all phones, by the index that only this process can make."""

    by_lookup: dict[bytes, SealedTalk] = field(default_factory=dict)

    def note(self, talks: dict[bytes, SealedTalk]) -> None:
        """Keep dialogues whose texts are committed; forget those that a silence has ended."""
        self.by_lookup |= talks
        if len(self.by_lookup) > _MANY:
            latest = max(talk.at for talk in talks.values())
            self.by_lookup = {
                lookup: talk
                for lookup, talk in self.by_lookup.items()
                if talk.silenced or latest - talk.at < SILENCE
            }


def find_sealed_talks(batch: Batch) -> SealedTalks:
    """Return the dialogues of this process."""
    talks = batch.db.keys.recall(SealedTalks)
    if talks is None:
        talks = SealedTalks()
        batch.db.keys.keep(talks)
    return talks


def follow_talk(talk: SealedTalk | None, step: Step, at: datetime) -> SealedTalk:
    """Return where a dialogue stands after one text."""
    silenced = talk is not None and talk.silenced
    if step.keyword in (Keyword.STOP, Keyword.WRONG_NUMBER):
        silenced = True
    elif step.keyword is Keyword.START:
        silenced = False
    if talk is None or step.begins:
        return SealedTalk(at, step.state, silenced)
    script = _ANSWERED if is_greeting_answered(talk, step) else talk.script
    return replace(talk, at=max(at, talk.at), script=script, silenced=silenced)


def is_greeting_answered(talk: SealedTalk | None, step: Step) -> bool:
    """Return whether a text chose a language, or said that it is another than ours."""
    asked = talk is not None and talk.script.stage == "language" and not step.begins
    return asked and step.keyword is None and step.state.stage != "language"
