"""Calls and recordings.

Requests made: create, list, fetch, update and delete of Calls, list of a call's Recordings, fetch
and delete of Recordings, and a recording's bytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from requests import exceptions as http

from app.telephony import (
    CALL_OVER,
    CarrierCall,
    CarrierUnreachable,
    OutgoingCall,
    Recording,
    Refused,
    make_encryption,
    name_carrier_error,
    read_count,
)
from app.twilio_gateway.client import TwilioRequests

# We want to hear of these: that a phone was answered, and that its call ended.
_TOLD = ["answered", "completed"]
_PIECE = 1 << 18


class TwilioCalls(TwilioRequests):
    """The methods of ``Phones``."""

    def ring(self, call: OutgoingCall) -> str:
        """See ``Phones.ring``."""
        made = self._ask(
            lambda client: client.calls.create(
                to=call.to,
                from_=self._number,
                url=call.url,
                method="POST",
                status_callback=call.status_callback,
                status_callback_method="POST",
                status_callback_event=_TOLD,
                timeout=call.ring_s,
            )
        )
        if not made.sid:
            raise CarrierUnreachable(maybe_sent=True)
        return str(made.sid)

    def move(self, sid: str, url: str) -> None:
        """See ``Phones.move``."""
        self._ask(lambda client: client.calls(sid).update(url=url, method="POST"))

    def hang_up(self, sid: str) -> None:
        """See ``Phones.hang_up``.

        *completed* ends a call that rings as well as one that runs.
        """
        try:
            self._ask(lambda client: client.calls(sid).update(status="completed"))
        except Refused:
            if self.call_status(sid) not in {None, *CALL_OVER}:
                raise

    def call_status(self, sid: str) -> str | None:
        """See ``Phones.call_status``."""
        call = self._unless_gone(lambda client: client.calls(sid).fetch())
        return None if call is None else str(call.status)

    def calls(self, *, since: datetime) -> list[CarrierCall]:
        """See ``Phones.calls``. The carrier filters by day."""
        start = since.astimezone(UTC)
        found = self._ask(lambda client: client.calls.list(to=self._number, start_time_after=start))
        listed = [_call(record) for record in found if str(record.direction) == "inbound"]
        return [one for one in listed if one.started_at is None or one.started_at >= start]

    def recordings(self, call_sid: str) -> list[Recording]:
        """See ``Phones.recordings``."""
        found = self._unless_gone(lambda client: client.calls(call_sid).recordings.list()) or []
        return [_recording(record) for record in found]

    def fetch_recording(self, sid: str) -> Iterator[bytes]:
        """See ``Phones.fetch_recording``. As WAV, which the carrier always has."""
        path = f"/2010-04-01/Accounts/{self._account}/Recordings/{sid}.wav"
        session = self._client().http_client.session
        try:
            with session.get(
                self._api_url + path, auth=self._login, timeout=self._timeout, stream=True
            ) as answer:
                if answer.status_code != 200:
                    raise name_carrier_error(answer.status_code, None)
                yield from answer.iter_content(_PIECE)
        except http.RequestException:
            error = CarrierUnreachable(maybe_sent=True)
        else:
            return
        self._failed(error)
        raise error

    def delete_recording(self, sid: str) -> None:
        """See ``Phones.delete_recording``."""
        self._unless_gone(lambda client: client.recordings(sid).delete())

    def delete_call(self, sid: str) -> None:
        """See ``Phones.delete_call``."""
        self._unless_gone(lambda client: client.calls(sid).delete())

    def call_exists(self, sid: str) -> bool:
        """See ``Phones.call_exists``."""
        return self.call_status(sid) is not None

    def recording_exists(self, sid: str) -> bool:
        """See ``Phones.recording_exists``."""
        return self._unless_gone(lambda client: client.recordings(sid).fetch()) is not None


def _call(record: Any) -> CarrierCall:  # the library has no types
    began = record.date_created or record.start_time
    return CarrierCall(
        sid=str(record.sid),
        from_=str(record._from or ""),  # noqa: SLF001  # the library's own name for it
        status=str(record.status),
        started_at=began if isinstance(began, datetime) else None,
    )


def _recording(record: Any) -> Recording:  # the library has no types
    return Recording(
        sid=str(record.sid),
        call_sid=str(record.call_sid),
        status=str(record.status),
        duration_s=read_count(str(record.duration)),
        encryption=make_encryption(details) if (details := record.encryption_details) else None,
    )
