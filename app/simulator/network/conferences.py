"""Conferences and their participants, with exactly the keys that the carrier's API shows."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from app.simulator.network.callbacks import CallbackQueue
from app.simulator.network.lines import Line
from app.simulator.resources.formats import VERSION, Json, account_uri, rfc2822
from app.simulator.values.targets import NO_CALLBACK, CallbackTarget

MOST = 250


@dataclass(frozen=True, slots=True)
class Membership:
    """The terms on which a call joins a conference."""

    label: str = ""
    start_on_enter: bool = True
    end_on_exit: bool = False
    wait_url: str = ""
    wait_method: str = "POST"
    callback: CallbackTarget = NO_CALLBACK
    most: int = MOST


@dataclass(eq=False, slots=True)
class Participant:
    """A call in a conference, or on its way into one."""

    seq: int
    line: Line
    conference: Conference
    label: str
    start_on_enter: bool
    end_on_exit: bool
    created: datetime
    updated: datetime
    hold: bool = False
    joined: bool = False

    @property
    def status(self) -> str:
        """How far it is on its way."""
        if self.joined:
            return "connected"
        known = {"queued": "queued", "ringing": "ringing", "in-progress": "connecting"}
        status = self.line.call.status
        return known.get(status, "complete" if status == "completed" else "failed")

    def to_json(self) -> Json:
        """The resource as the API answers it."""
        sid = self.line.call.sid
        return {
            "account_sid": self.line.call.account_sid,
            "call_sid": sid,
            "call_sid_to_coach": None,
            "coaching": False,
            "conference_sid": self.conference.sid,
            "date_created": rfc2822(self.created),
            "date_updated": rfc2822(self.updated),
            "end_conference_on_exit": self.end_on_exit,
            "hold": self.hold,
            "label": self.label or None,
            "muted": False,
            "queue_time": "0",
            "start_conference_on_enter": self.start_on_enter,
            "status": self.status,
            "uri": f"{self.conference.path}/Participants/{sid}.json",
        }


@dataclass(eq=False, slots=True)
class Conference:
    """A conference lasts while it has participants; the carrier remembers it afterwards."""

    seq: int
    sid: str
    account_sid: str
    name: str
    created: datetime
    updated: datetime
    callbacks: CallbackQueue
    status: str = "init"
    callback: CallbackTarget = NO_CALLBACK
    participants: dict[str, Participant] = field(default_factory=dict)
    reason: str | None = None
    ended_by: str | None = None

    @property
    def path(self) -> str:
        """Its path at the API, without ``.json``."""
        return f"{account_uri(self.account_sid)}/Conferences/{self.sid}"

    @property
    def present(self) -> list[Participant]:
        """The participants that have joined, in the order they came."""
        return [one for one in self.participants.values() if one.joined]

    def to_json(self) -> Json:
        """The resource as the API answers it."""
        names = {"participants": "Participants", "recordings": "Recordings"}
        return {
            "account_sid": self.account_sid,
            "api_version": VERSION,
            "call_sid_ending_conference": self.ended_by,
            "date_created": rfc2822(self.created),
            "date_updated": rfc2822(self.updated),
            "friendly_name": self.name,
            "reason_conference_ended": self.reason,
            "region": "us1",
            "sid": self.sid,
            "status": self.status,
            "subresource_uris": {n: f"{self.path}/{path}.json" for n, path in names.items()},
            "uri": self.path + ".json",
        }
