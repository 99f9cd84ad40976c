"""Sound for recordings: a tone that changes every second, so that each second sounds different."""

from __future__ import annotations

import math
import struct
from array import array
from functools import cache

RATE = 8000
"""Samples a second: telephone quality, 16 bits, one channel."""
_TONES = 16
# One frame of MPEG-2.5 Layer III, 8 kbit/s, 8 kHz, one channel: 576 samples of silence.
_MP3_HEAD, _MP3_FRAME, _MP3_SAMPLES = b"\xff\xe3\x18\xc4", 72, 576


def make_wav(seconds: int) -> bytes:
    """A WAV file of ``seconds``."""
    data = b"".join(_make_second(number % _TONES) for number in range(seconds))
    form = struct.pack("<HHIIHH", 1, 1, RATE, 2 * RATE, 2, 16)
    chunks = b"fmt " + struct.pack("<I", len(form)) + form
    chunks += b"data" + struct.pack("<I", len(data)) + data
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks


def make_mp3(seconds: int) -> bytes:
    """An MP3 file of ``seconds``, silent."""
    frame = _MP3_HEAD + bytes(_MP3_FRAME - len(_MP3_HEAD))
    return frame * -(-seconds * RATE // _MP3_SAMPLES)


@cache
def _make_second(tone: int) -> bytes:
    """One second of a tone: whole waves, so that seconds join without a click."""
    step = 2 * math.pi * (220 + 20 * tone) / RATE
    return array("h", (int(8000 * math.sin(step * n)) for n in range(RATE))).tobytes()
