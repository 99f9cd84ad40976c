"""Pictures, written anew: their pixels as they are to be seen, and nothing else of the file."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from typing import NoReturn

from PIL import Image, ImageOps

# A telephone's best camera makes JPEG of 50 million pixels; other pictures take more memory.
_MOST_PIXELS, _MOST_OF_OTHERS = 50_000_000, 25_000_000
# Longer sides are shortened to this: a page of small print stays legible.
_LONGEST_SIDE = 4096
_THUMBNAIL_SIDE = 256
_FORMATS = {
    "image/gif": "GIF",
    "image/jpeg": "JPEG",
    "image/png": "PNG",
    "image/webp": "WEBP",
}
# What was exact stays so, unless that takes more bytes than this.
_LARGEST_PNG = 4 << 20

Image.MAX_IMAGE_PIXELS = None  # the limit is ours


def clean(content: bytes, kind: str, refuse: Callable[[str], NoReturn]) -> tuple[str, bytes, bytes]:
    """Return type, content and thumbnail of a picture."""
    try:
        picture = Image.open(io.BytesIO(content), formats=(_FORMATS[kind],))
        most = _MOST_PIXELS if kind == "image/jpeg" else _MOST_OF_OTHERS
        if picture.width * picture.height > most:
            refuse("heavy")
        # A JPEG of several pictures is one photograph and its preview.
        if kind != "image/jpeg" and getattr(picture, "is_animated", False):
            refuse("animated")
        pixels = _read_pixels(picture)
    except (OSError, SyntaxError, ValueError, LookupError, TypeError, ArithmeticError):
        refuse("broken")
    small = _flatten(pixels)
    small.thumbnail((_THUMBNAIL_SIDE, _THUMBNAIL_SIDE))
    if kind in ("image/png", "image/gif"):
        exact = _write(pixels, "PNG", optimize=False)
        if len(exact) <= _LARGEST_PNG:
            return "image/png", exact, _write(small, "JPEG", quality=70)
    written = _write(_flatten(pixels), "JPEG", quality=88)
    return "image/jpeg", written, _write(small, "JPEG", quality=70)


def _read_pixels(picture: Image.Image) -> Image.Image:
    """Return the pixels, upright, in a picture that carries no more than them."""
    picture.draft("RGB", (_LONGEST_SIDE, _LONGEST_SIDE))
    picture.load()
    clear = picture.mode in ("LA", "PA", "RGBA", "La", "RGBa") or "transparency" in picture.info
    turned = picture.getexif().get(0x0112, 1)
    wanted = "RGBA" if clear else "RGB"
    shown = picture if picture.mode == wanted else picture.convert(wanted)
    shown.thumbnail((_LONGEST_SIDE, _LONGEST_SIDE))
    shown.getexif()[0x0112] = turned
    upright = ImageOps.exif_transpose(shown)
    bare = Image.new(upright.mode, upright.size)
    bare.paste(upright)
    return bare


def _flatten(picture: Image.Image) -> Image.Image:
    """Return a picture on white."""
    ground = Image.new("RGB", picture.size, "white")
    ground.paste(picture, mask=picture.getchannel("A") if picture.mode == "RGBA" else None)
    return ground


def _write(picture: Image.Image, name: str, **how: int) -> bytes:
    written = io.BytesIO()
    picture.save(written, name, **how)
    return written.getvalue()


def _warm_up() -> None:
    """Load every module now, while files can be opened."""
    Image.init()
    for kind, name in _FORMATS.items():
        for mode in ("RGB", "RGBA", "P"):
            if not (mode != "RGB" and name == "JPEG"):
                made = _write(Image.new(mode, (2, 2)), name)
                clean(made, kind, sys.exit)


_warm_up()
