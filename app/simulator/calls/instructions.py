"""One verb of a document, on its way to be executed on a call."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from urllib.parse import urljoin

from app.simulator.network.carrier import SimulatedCarrier
from app.simulator.network.lines import Line
from app.simulator.resources.formats import Fields
from app.simulator.twiml.calls import CallDocument, Verb
from app.simulator.values.targets import CallbackTarget, DocumentSource

Perform = Callable[[SimulatedCarrier, Line, DocumentSource], Awaitable[None]]
"""Executes documents on a call until they end; ``calls.execution.perform``."""


@dataclass(frozen=True, slots=True)
class Instruction:
    """A verb, the document around it, and the call to execute it on."""

    carrier: SimulatedCarrier
    line: Line
    document: CallDocument
    verb: Verb
    perform: Perform
    """Executes documents on the calls that this verb makes."""

    def within(self, verb: Verb) -> Instruction:
        """The same for a noun inside this verb."""
        return replace(self, verb=verb)

    def note(self, text: str = "") -> None:
        """Remember the verb with its attributes."""
        self.line.note(self.verb.name, text, attributes=dict(self.verb.attributes))

    def url(self, attribute: str) -> str:
        """The whole address in an attribute; empty where the verb does not have it."""
        given = self.verb.get(attribute)
        return urljoin(self.document.url, given) if given else ""

    def source(self, url: str, fields: Fields | None = None) -> DocumentSource:
        """The document at ``url``, asked for as the verb's ``method`` says."""
        return DocumentSource(url, self.verb.get("method") or "POST", tuple(fields or ()))

    def action(self, fields: Fields) -> DocumentSource:
        """The document of the verb's ``action``; by default the current one again."""
        return self.source(self.url("action") or self.document.url, fields)

    def callback(self, prefix: str, default_events: str) -> CallbackTarget:
        """The target of the verb's news, from the attributes that begin with ``prefix``."""
        return CallbackTarget(
            self.url(prefix),
            self.verb.get(prefix + "Method") or "POST",
            frozenset((self.verb.get(prefix + "Event") or default_events).split()),
        )
