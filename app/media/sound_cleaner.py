"""Sounds, written anew as MP3, which every browser plays: what is heard, and no tag of the file."""

from __future__ import annotations

import io
import sys
import wave
from collections.abc import Callable, Iterator
from typing import NoReturn

import av
import av.subtitles.stream
import av.video.stream
from av.audio.resampler import AudioResampler

# Named, so that no other reader of the library, such as of playlists, ever sees the file.
_READERS = {
    "audio/amr": "amr",
    "audio/mp4": "mov",
    "audio/mpeg": "mp3",
    "audio/ogg": "ogg",
    "audio/wav": "wav",
}
# Enough for a voice; a minute takes half a second to write.
_RATE, _BITS = 16_000, 40_000
_LONGEST_S = 15 * 60

av.logging.set_level(None)


def clean(content: bytes, kind: str, refuse: Callable[[str], NoReturn]) -> tuple[str, bytes, bytes]:
    """Return type and content of a sound; it has no thumbnail."""
    written = io.BytesIO()
    try:
        with av.open(io.BytesIO(content), "r", format=_READERS[kind]) as source:
            if any(not _is_cover(one) for one in source.streams.video):
                refuse("video")
            if not source.streams.audio:
                refuse("broken")
            if (source.duration or 0) > _LONGEST_S * av.time_base:
                refuse("long")
            samples = _copy(source, written, refuse)
    except av.FFmpegError:
        refuse("broken")
    if not samples:
        refuse("broken")
    return "audio/mpeg", written.getvalue(), b""


def _is_cover(stream: av.VideoStream) -> bool:
    """Return whether a stream is the picture of a cover, which is left out."""
    return bool(stream.disposition & av.stream.Disposition.attached_pic)


def _copy(
    source: av.container.InputContainer, written: io.BytesIO, refuse: Callable[[str], NoReturn]
) -> int:
    """Write the first sound of ``source``; return how many samples that was."""
    samples = 0
    resampler = AudioResampler(format="s16p", layout="mono", rate=_RATE)
    options = {"id3v2_version": "0", "write_xing": "0"}
    with av.open(written, "w", format="mp3", options=options) as target:
        out = target.add_stream("libmp3lame", rate=_RATE, layout="mono", format="s16p")
        out.bit_rate = _BITS
        out.options = {"compression_level": "7"}
        for frame in _frames(source):
            for piece in resampler.resample(frame):
                samples += piece.samples
                if samples > _LONGEST_S * _RATE:
                    refuse("long")
                piece.pts = None
                target.mux(out.encode(piece))
        target.mux(out.encode(None))
    return samples


def _frames(source: av.container.InputContainer) -> Iterator[av.AudioFrame]:
    """Yield what can be heard; a sound that is cut off ends where it was cut."""
    try:
        yield from source.decode(audio=0)
    except (av.EOFError, av.InvalidDataError):
        return


def _warm_up() -> None:
    """Load every module now, while files can be opened."""
    silence = io.BytesIO()
    with wave.open(silence, "wb") as sound:
        sound.setparams((1, 2, 8000, 0, "NONE", ""))
        sound.writeframes(bytes(16_000))
    clean(silence.getvalue(), "audio/wav", sys.exit)


_warm_up()
