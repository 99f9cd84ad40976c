"""Documents, written anew: their pages as they are printed, and nothing else of the file.

Only pages are copied, so that scripts, actions, attached files, forms, links, comments, layers and
what the file says about its author stay behind. What was written into a form or beside the text is
drawn on its page first.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterator
from typing import Any, NoReturn

import pikepdf
from pikepdf import Array, Dictionary, Name, Pdf, Stream, StreamDecodeLevel

_MOST_PAGES = 200
_MOST_OBJECTS = 50_000
# A telephone's best camera makes 50 million pixels.
_MOST_PIXELS = 50_000_000
# All that a viewer would have to unpack.
_LARGEST_UNPACKED = 192 << 20
_DEEPEST = 60

_OF_PAGES = frozenset(
    "/Type /Parent /Resources /MediaBox /CropBox /Rotate /Contents /Group /UserUnit".split()
)
# Whatever hangs below a page: what acts, what is attached, what tells of persons and programs.
_UNWANTED = (
    "/A /AA /AF /Alternates /Annots /EF /JS /LastModified /Measure /Metadata /OPI /OpenAction "
    "/PieceInfo /PtData /Ref /StructParent /StructParents /Thumb"
).split()
# A stream that lies in a file outside.
_ELSEWHERE = ("/F", "/FFilter", "/FDecodeParms")
_PACKED_PICTURES = ("/DCTDecode", "/JPXDecode", "/CCITTFaxDecode", "/JBIG2Decode")


def clean(
    content: bytes, _kind: str, refuse: Callable[[str], NoReturn]
) -> tuple[str, bytes, bytes]:
    """Return type and content of a document; it has no thumbnail."""
    try:
        with Pdf.open(io.BytesIO(content)) as source, Pdf.new() as target:
            _copy_pages(source, target, refuse)
            unpacked = 0
            for one in target.objects:
                unpacked += _clean_object(one, refuse)
                if unpacked > _LARGEST_UNPACKED:
                    refuse("heavy")
            written = io.BytesIO()
            target.save(written, static_id=True)
    except pikepdf.PasswordError:
        refuse("encrypted")
    except (pikepdf.PdfError, ValueError, TypeError, LookupError, AttributeError, RuntimeError):
        refuse("broken")
    return "application/pdf", written.getvalue(), b""


def _copy_pages(source: Pdf, target: Pdf, refuse: Callable[[str], NoReturn]) -> None:
    if bool(source.Root.get("/NeedsRendering", False)):
        refuse("form")
    if len(source.pages) > _MOST_PAGES or len(source.objects) > _MOST_OBJECTS:
        refuse("heavy")
    if not source.pages:
        refuse("broken")
    if "/AcroForm" in source.Root:
        source.generate_appearance_streams()
    source.flatten_annotations("all")
    for page in source.pages:
        for name in [name for name in page.obj.keys() if name not in _OF_PAGES]:  # noqa: SIM118
            del page.obj[name]
        target.pages.append(page)


def _clean_object(found: Any, refuse: Callable[[str], NoReturn]) -> int:
    """Clean an object and all that lies directly in it; return how large its stream unpacks."""
    for one in _walk(found, 0):
        for name in _UNWANTED:
            if name in one:
                del one[name]
    if not isinstance(found, Stream):
        return 0
    for name in _ELSEWHERE:
        if name in found:
            del found[name]
    if int(found.get("/Width", 0)) * int(found.get("/Height", 0)) > _MOST_PIXELS:
        refuse("heavy")
    filters = _list_filters(found)
    if not any(name in _PACKED_PICTURES for name in filters):
        return len(found.read_bytes(StreamDecodeLevel.generalized))
    return _clean_packed_picture(found, filters)


def _clean_packed_picture(picture: Any, filters: list[str]) -> int:
    """Unpack a picture down to its own packing, and strip that; return its size in bytes."""
    *around, last = filters
    packed, how = picture.read_raw_bytes(), picture.get("/DecodeParms")
    if around:
        picture.write(packed, filter=Array([Name(name) for name in around]))
        packed, how = picture.read_bytes(StreamDecodeLevel.generalized), None
    strip = _STRIPPERS.get(last, bytes)
    picture.write(strip(packed), filter=Name(last), decode_parms=how)
    return len(packed)


def _walk(found: Any, depth: int) -> Iterator[Any]:
    """Yield every dictionary in an object, but not those that are objects of their own."""
    if depth > _DEEPEST:
        raise ValueError
    if isinstance(found, Dictionary | Stream):
        yield found
        inner = [found[name] for name in found.keys()]  # noqa: SIM118  # it is no dict
    elif isinstance(found, Array):
        inner = list(found)
    else:
        return
    for one in inner:
        if isinstance(one, Dictionary | Array) and not one.is_indirect:
            yield from _walk(one, depth + 1)


def _list_filters(stream: Any) -> list[str]:
    found = stream.get("/Filter")
    if found is None:
        return []
    return [str(one) for one in found] if isinstance(found, Array) else [str(found)]


def _strip_jpeg(data: bytes) -> bytes:
    """Return a JPEG without EXIF, comments and profiles, up to its end mark.

    Adobe's mark (APP14) stays: it says how the colours are to be read.
    """
    if data[:2] != b"\xff\xd8":
        raise ValueError
    kept, at = [data[:2]], 2
    while data[at] == 0xFF and (mark := data[at + 1]) != 0xDA:
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        if not (0xE0 <= mark <= 0xEF and mark != 0xEE) and mark != 0xFE:
            kept.append(data[at:end])
        at = end
    end = data.rfind(b"\xff\xd9") + 2
    kept.append(data[at : end if end > at else len(data)])
    return b"".join(kept)


def _strip_jp2(data: bytes) -> bytes:
    """Return a JPEG 2000 picture without the boxes that hold EXIF and the like."""
    if data[:4] == b"\xff\x4f\xff\x51":  # bare, without boxes
        return data
    kept, at = [], 0
    while at + 8 <= len(data):
        size, name = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        size = size or len(data) - at
        if size < 8:
            raise ValueError
        if name in (b"jP  ", b"ftyp", b"jp2h", b"jp2c"):
            kept.append(data[at : at + size])
        at += size
    return b"".join(kept)


_STRIPPERS = {"/DCTDecode": _strip_jpeg, "/JPXDecode": _strip_jp2}


def _warm_up() -> None:
    """Load every module now, while files can be opened."""
    blank = io.BytesIO()
    with Pdf.new() as pdf:
        pdf.add_blank_page()
        pdf.save(blank)
    clean(blank.getvalue(), "application/pdf", sys.exit)


_warm_up()
