"""Files from outside: what is kept of them, and which are not kept at all."""

from __future__ import annotations

import io
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import pikepdf
import psutil
import pytest
from PIL import Image

from app.media import CleanerBusy, CleanerFailed, FileFault, FileRefused, clean_file, cleaner
from app.media.cleaner import LARGEST_FILE_IN
from tests.media import files


def test_a_photograph_keeps_its_picture_and_loses_what_it_tells() -> None:
    kept = clean_file(files.make_photograph(turned=6))  # taken with the telephone upright
    shown = Image.open(io.BytesIO(kept.content))
    assert (kept.content_type, shown.size) == ("image/jpeg", (300, 400))
    above, below = shown.getpixel((150, 50)), shown.getpixel((150, 350))
    assert above == pytest.approx((254, 0, 0), abs=4)
    assert below == pytest.approx((0, 0, 254), abs=4)
    assert not shown.getexif()
    for data in (kept.content, kept.thumbnail):
        assert b"Exif" not in data
        assert files.SECRET.encode() not in data
    assert max(Image.open(io.BytesIO(kept.thumbnail)).size) == 256


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (files.make_picture(name="PNG"), "image/png"),
        (files.make_picture(name="WEBP"), "image/jpeg"),
        (files.make_animation(frames=1), "image/png"),
        (files.make_picture() + b"PK\x03\x04<script>alert(1)</script>%PDF-1.7", "image/jpeg"),
    ],
    ids=["png", "webp", "one frame", "two files in one"],
)
def test_pictures_are_written_anew(content: bytes, kind: str) -> None:
    kept = clean_file(content)
    assert kept.content_type == kind
    assert b"<script>" not in kept.content


def test_a_large_picture_is_made_smaller() -> None:
    shown = Image.open(io.BytesIO(clean_file(files.make_picture(5000, 2500)).content))
    assert shown.size == (4096, 2048)


def test_a_document_keeps_its_pages_and_nothing_else() -> None:
    kept = clean_file(files.make_document(pages=2, photograph=files.make_photograph()))
    assert kept.content_type == "application/pdf"
    with pikepdf.open(io.BytesIO(kept.content)) as pdf:
        assert [len(pdf.pages), sorted(pdf.Root.keys())] == [2, ["/Pages", "/Type"]]
        assert not pdf.attachments
        assert not pdf.docinfo
        first = pdf.pages[0]
        assert set(first.obj.keys()) <= {
            "/Type", "/Parent", "/Resources", "/MediaBox", "/CropBox", "/Rotate", "/Contents",
        }  # fmt: skip
        unpacked = b"".join(
            one.read_bytes() if "/Width" not in one else one.read_raw_bytes()
            for one in pdf.objects
            if isinstance(one, pikepdf.Stream)
        )
        photographs = [
            one for one in pdf.objects if isinstance(one, pikepdf.Stream) and "/Width" in one
        ]
        assert len(photographs) == 1
        Image.open(io.BytesIO(photographs[0].read_raw_bytes())).load()
        assert b"the picture" in unpacked
        assert b"typed in" in unpacked
    for unwanted in (files.SECRET.encode(), b"JavaScript", b"Exif"):
        assert unwanted not in kept.content + unpacked


@pytest.mark.parametrize(
    ("container", "codec", "rate"),
    [("amr", "libopencore_amrnb", 8000), ("ogg", "libopus", 48000), ("mp4", "aac", 44100),
     ("mp3", "libmp3lame", 44100), ("wav", "pcm_s16le", 8000)],
)  # fmt: skip
def test_a_voice_note_becomes_a_sound_that_every_browser_plays(
    container: str, codec: str, rate: int
) -> None:
    kept = clean_file(files.make_note(container, codec, rate))
    assert kept.content_type == "audio/mpeg"
    assert files.SECRET.encode() not in kept.content
    with av.open(io.BytesIO(kept.content), "r") as sound:
        heard = sum(frame.samples for frame in sound.decode(audio=0))
        assert heard / 16_000 == pytest.approx(1.0, abs=0.2)


F = FileFault
NOT_KEPT: dict[str, tuple[Callable[[], bytes], FileFault]] = {
    "nothing": (lambda: b"", F.EMPTY),
    "a drawing that can hold scripts": (lambda: b"<svg onload='alert(1)'/>", F.UNKNOWN),
    "a page called a picture": (lambda: b"<html><img src=x>", F.UNKNOWN),
    "an archive": (lambda: b"PK\x03\x04" + bytes(100), F.UNKNOWN),
    "too many bytes": (lambda: b"\xff\xd8\xff" + bytes(LARGEST_FILE_IN), F.LARGE),
    "900 million pixels": (files.make_bomb, F.HEAVY),
    "a moving picture": (files.make_animation, F.ANIMATED),
    "a moving PNG": (lambda: files.make_animation("PNG"), F.ANIMATED),
    "half a photograph": (lambda: files.make_photograph()[:900], F.BROKEN),
    "noise with a picture's beginning": (lambda: b"\xff\xd8\xff" + os.urandom(999), F.BROKEN),
    "a film": (files.make_film, F.VIDEO),
    "noise with a sound's beginning": (lambda: b"OggS" + os.urandom(999), F.BROKEN),
    "a quarter of an hour and more": (lambda: files.make_wave(901, 8000), F.LONG),
    "a document with a password": (lambda: files.make_document(password="x"), F.ENCRYPTED),
    "too many pages": (lambda: files.make_document(pages=201), F.HEAVY),
    "two gigabytes in two megabytes": (files.make_document_bomb, F.HEAVY),
    "300 megabytes": (lambda: files.make_document_bomb(300 << 20), F.HEAVY),
    "noise with a document's beginning": (lambda: b"%PDF-1.7\n" + os.urandom(999), F.BROKEN),
}  # fmt: skip


@pytest.mark.parametrize("name", NOT_KEPT)
def test_what_is_not_kept(name: str) -> None:
    make, fault = NOT_KEPT[name]
    with pytest.raises(FileRefused) as refused:
        clean_file(make())
    assert refused.value.fault == fault


# -- the process itself


def _use(monkeypatch: pytest.MonkeyPatch, folder: Path, program: str) -> None:
    path = folder / "program.py"
    path.write_text(program)
    monkeypatch.setattr(cleaner, "_PROGRAM", path)


def test_the_process_can_open_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Not a file, not a connection, not another process; and it has nothing of ours."""
    harness = Path(cleaner.__file__).with_name("cleaner_program.py").read_text()
    attempts = """
import os, socket
limit()
sys.stdin.buffer.read()
done = [name for name in os.environ if name != "LC_CTYPE"]
for attempt in (lambda: open("/etc/hostname"), socket.socket, lambda: bytearray(2 << 30)):
    try:
        attempt()
        done.append("could")
    except (OSError, MemoryError):
        pass
print(json.dumps({"fault": "broken" if done else "form"}))
"""
    _use(monkeypatch, tmp_path, harness.replace("    main()\n", "    pass\n") + attempts)
    with pytest.raises(FileRefused) as refused:
        clean_file(files.make_picture())
    assert refused.value.fault == F.FORM


def test_one_that_computes_for_too_long_is_ended(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _use(monkeypatch, tmp_path, "import resource, signal\n"
         "resource.setrlimit(resource.RLIMIT_CPU, (1, 2))\nwhile True: pass")  # fmt: skip
    with pytest.raises(FileRefused) as refused:
        clean_file(files.make_picture())
    assert refused.value.fault == F.HEAVY


@pytest.mark.parametrize(
    "program",
    [
        "import time; time.sleep(60)",
        "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
        "print('{')",
        "print('[]')",
        "import json; print(json.dumps({'type': 'text/html', 'size': 6})); print('<html>')",
        "import json; print(json.dumps({'type': 'image/png', 'size': 6})); print('<html>')",
        "import sys; sys.stdout.write('x' * (18 << 20))",
    ],
    ids=[
        "silent",
        "killed",
        "no answer",
        "no such answer",
        "a page",
        "a page as a picture",
        "much",
    ],
)
def test_what_goes_wrong_there_may_go_better(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, program: str
) -> None:
    _use(monkeypatch, tmp_path, program)
    monkeypatch.setattr(cleaner, "_PATIENCE_S", 0.7)
    with pytest.raises(CleanerFailed):
        clean_file(files.make_picture())
    assert not [one for one in psutil.Process().children() if str(tmp_path) in one.cmdline()]


def test_only_a_few_are_open_at_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    _use(monkeypatch, tmp_path, "import time; time.sleep(60)")
    monkeypatch.setattr(cleaner, "_PATIENCE_S", 1.5)
    monkeypatch.setattr(cleaner, "_TURN_S", 0.1)
    seen: list[Any] = []

    def clean() -> None:
        try:
            clean_file(files.make_picture())
        except CleanerFailed as failed:
            seen.append(type(failed))

    threads = [threading.Thread(target=clean) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (seen.count(CleanerFailed), seen.count(CleanerBusy)) == (2, 10)
