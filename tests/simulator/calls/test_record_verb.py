"""What callers say after the tone, and what the carrier keeps of it."""

from __future__ import annotations

import base64
import io
import json
import wave
from typing import Any

import pytest
import requests
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from twilio.base.exceptions import TwilioRestException  # type: ignore[import-untyped]

from tests.simulator.hotline import ACCOUNT, PHONE, TOKEN, ServedNetwork

VOICE, STATUS = "/twilio/voice", "/twilio/voice/status"
RECORD = (
    '<Say>After the tone.</Say><Record action="/said" maxLength="180" timeout="10" '
    'recordingStatusCallback="/kept" recordingStatusCallbackEvent="{events}"/><Say>Nothing.</Say>'
)


def voicemail(served: ServedNetwork, events: str = "in-progress completed absent") -> Any:
    served.service.answers[VOICE] = RECORD.format(events=events)
    return served.network.phone(PHONE).call()


def sound(url: str) -> requests.Response:
    return requests.get(url, auth=(ACCOUNT, TOKEN), timeout=5)


def seconds(data: bytes) -> float:
    with wave.open(io.BytesIO(data)) as opened:
        assert (opened.getframerate(), opened.getnchannels()) == (8000, 1)
        return float(opened.getnframes() / opened.getframerate())


@pytest.mark.parametrize(
    ("ending", "digits"), [("#", "#"), ("silence", ""), ("most", ""), ("hangup", "hangup")]
)
def test_what_is_said_is_recorded_until_it_ends(
    served: ServedNetwork, ending: str, digits: str
) -> None:
    call = voicemail(served)
    assert call.look()["waiting_for"] == "speech"
    call.speak(12).speak(200 if ending == "most" else 3)
    said = 180 if ending == "most" else 15
    if ending == "#":
        call.press("#")
    elif ending == "hangup":
        call.hang_up()
    served.network.advance(10)
    [form] = served.service.on("/said")
    assert (form["Digits"], form["RecordingDuration"]) == (digits, str(said))
    assert served.service.news("/kept", "RecordingStatus") == ["in-progress", "completed"]
    kept = served.service.on("/kept")[-1]
    assert seconds(sound(kept["RecordingUrl"] + ".wav").content) == said
    assert sound(kept["RecordingUrl"] + ".mp3").headers["Content-Type"] == "audio/mpeg"
    assert requests.get(kept["RecordingUrl"], timeout=5).status_code == 401
    recordings = served.client().recordings
    assert recordings(kept["RecordingSid"]).fetch().duration == str(said)
    [listed] = served.client().calls(call.sid).recordings.list()
    assert listed.sid == recordings.list(call_sid=call.sid)[0].sid == kept["RecordingSid"]
    assert recordings(listed.sid).delete()
    assert sound(kept["RecordingUrl"] + ".wav").status_code == 404
    assert served.network.carrier()["recordings"] == []


def test_silence_leaves_no_recording_and_goes_on(served: ServedNetwork) -> None:
    call = voicemail(served)
    served.network.advance(10)
    assert call.heard == ["After the tone.", "Nothing."]
    assert served.service.news("/kept", "RecordingStatus") == ["in-progress", "absent"]
    assert served.service.on("/said") == []
    assert served.network.carrier()["recordings"] == []


def test_a_recording_in_progress_cannot_be_deleted(served: ServedNetwork) -> None:
    voicemail(served).speak(3)
    [recording] = served.client().recordings.list()
    with pytest.raises(TwilioRestException) as refused:
        served.client().recordings(recording.sid).delete()
    assert refused.value.code == 20009
    served.network.faults("api-20009", match="/Recordings")
    served.network.advance(10)
    with pytest.raises(TwilioRestException):
        served.client().recordings(recording.sid).delete()
    assert served.client().recordings(recording.sid).delete()


@pytest.mark.parametrize("what", ["absent", "failed"])
def test_a_recording_is_lost_at_the_carrier(served: ServedNetwork, what: str) -> None:
    served.network.faults(f"recording-{what}")
    voicemail(served, "completed absent").speak(5).hang_up()
    [form] = served.service.on("/kept")
    assert form["RecordingStatus"] == what
    assert int(form["ErrorCode"])
    assert sound(form["RecordingUrl"] + ".wav").status_code == 404


def test_recordings_are_encrypted_for_whoever_gave_a_key(served: ServedNetwork) -> None:
    private = rsa.generate_private_key(65537, 2048)
    spki = serialization.PublicFormat.SubjectPublicKeyInfo
    pem = private.public_key().public_bytes(serialization.Encoding.PEM, spki)
    served.network.encrypt_recordings(pem.decode())
    voicemail(served, "completed").speak(4).hang_up()
    [form] = served.service.on("/kept")
    details = json.loads(form["EncryptionDetails"])
    oaep = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
    key = private.decrypt(base64.b64decode(details["encrypted_cek"]), oaep)
    data = sound(form["RecordingUrl"] + ".wav").content
    opened = AESGCM(key).decrypt(base64.b64decode(details["iv"]), data, None)
    assert (len(key), seconds(opened)) == (32, 4)
