"""The memory of the simulated network: everything that the carrier and the phones hold."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Coroutine
from datetime import datetime
from typing import Any

from app.clock import Clock
from app.simulator.network.conferences import Conference, Participant
from app.simulator.network.exchange import Exchange
from app.simulator.network.handsets import Handset, ScreenText
from app.simulator.network.lines import Line
from app.simulator.resources.account import make_hotline_number
from app.simulator.resources.calls import SimulatedCall
from app.simulator.resources.formats import Json
from app.simulator.resources.messages import Media, SimulatedMessage
from app.simulator.resources.recordings import RecordingKey, SimulatedRecording
from app.simulator.values.addresses import read_caller
from app.simulator.values.config import SimulatorConfig
from app.simulator.values.targets import NO_CALLBACK

_REMEMBERED_LINES = 5000


class SimulatedCarrier(Exchange):
    """The exchange, and the memory of its texts, calls and phones. All of it is one account's.

    The API deletes from ``messages``, ``media``, ``calls`` and ``recordings``; phones and lines
    remember what the carrier forgets.
    """

    def __init__(self, config: SimulatorConfig, *, clock: Clock) -> None:
        super().__init__(config, clock=clock)
        self.handsets: dict[str, Handset] = {}
        self.opted_out: set[str] = set()
        self.heard_on_whatsapp: dict[str, datetime] = {}
        """When each phone last wrote on WhatsApp, by its address."""
        self.messages: dict[str, SimulatedMessage] = {}
        self.media: dict[str, Media] = {}
        self.held: list[Callable[[], Coroutine[Any, Any, int | None]]] = []
        """Inbound texts that a fault holds back until after the next one."""
        self.calls: dict[str, SimulatedCall] = {}
        self.lines: OrderedDict[str, Line] = OrderedDict()
        self.conferences: dict[str, Conference] = {}
        self.participants: dict[str, Participant] = {}
        """The participants of conferences that go on, by the sid of their call."""
        self.recordings: dict[str, SimulatedRecording] = {}
        self.recording_key: RecordingKey | None = None
        self.opened = clock()
        self.number = make_hotline_number(config, self.next_seq(), self.opened)

    # -- phones and texts

    def handset(self, number: str) -> Handset:
        """The phone with that number; made at its first use."""
        if number not in self.handsets:
            self.handsets[number] = Handset()
        return self.handsets[number]

    def inbox(self, phone: str, after: str | None = None) -> list[ScreenText]:
        """The texts a phone received, oldest first. Raises ``UnknownText``, see ``Handset``."""
        return self.handset(read_caller(phone)).inbox(after)

    def media_of(self, message: SimulatedMessage) -> list[Media]:
        """The pictures of a message, except those that the API deleted."""
        if not message.num_media:
            return []
        return [media for media in self.media.values() if media.parent_sid == message.sid]

    # -- calls

    def keep_line(self, line: Line) -> None:
        """Remember a new call, and forget the oldest ones that are over."""
        self.calls[line.call.sid] = line.call
        self.lines[line.call.sid] = line
        while len(self.lines) > _REMEMBERED_LINES and next(iter(self.lines.values())).call.final:
            self.lines.popitem(last=False)

    def lines_of(self, phone: str) -> list[Line]:
        """The calls of a phone, both ways, oldest first."""
        return [line for line in self.lines.values() if line.phone == phone]

    def forget_calls(self) -> None:
        """Forget all calls, conferences and recordings; calls in progress end without news."""
        for conference in self.conferences.values():
            conference.callback = NO_CALLBACK
        for line in self.lines.values():
            line.callback = NO_CALLBACK
            line.end()
        self.calls.clear()
        self.lines.clear()
        self.conferences.clear()
        self.recordings.clear()
        self.recording_key = None

    # -- all of it

    def snapshot(self) -> Json:
        """What the carrier still holds, and how its webhooks went."""
        return {
            "account_sid": self.config.account_sid,
            "number": self.number.to_json(),
            "messages": [message.to_json() for message in self.messages.values()],
            "media": [media.to_json() for media in self.media.values()],
            "calls": [call.to_json() for call in self.calls.values()],
            "recordings": [recording.to_json() for recording in self.recordings.values()],
            "conferences": [
                {
                    **conference.to_json(),
                    "participants": [one.to_json() for one in conference.participants.values()],
                }
                for conference in self.conferences.values()
            ],
            "opted_out": sorted(self.opted_out),
            "log": list(self.log),
            "webhooks": self.webhook_counts(),
        }
