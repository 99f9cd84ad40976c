"""Files as telephones and enemies make them, made anew for each test; none of them is stored."""

from __future__ import annotations

import io
import struct
import wave
import zlib
from typing import Any

import av
import pikepdf
from pikepdf import Dictionary, Name, Pdf
from PIL import Image

SECRET = "Rue-Secrete-45.5017"
JPEG, PNG, PDF = "image/jpeg", "image/png", "application/pdf"


def make_picture(width: int = 400, height: int = 300, name: str = "JPEG", **how: Any) -> bytes:
    """A picture whose left half is red and whose right half is blue."""
    picture = Image.new("RGB", (width, height), "blue")
    picture.paste("red", (0, 0, width // 2, height))
    written = io.BytesIO()
    picture.save(written, name, **how)
    return written.getvalue()


def make_photograph(turned: int = 1) -> bytes:
    """A JPEG that tells who made it, and where."""
    exif = Image.Exif()
    exif[0x0112], exif[0x010E], exif[0x013B] = turned, SECRET, SECRET
    exif.get_ifd(0x8825)[29] = SECRET
    return make_picture(exif=exif, comment=SECRET.encode())


def make_bomb() -> bytes:
    """A PNG of 30 kilobytes and 900 million pixels."""
    side = 30_000
    line = zlib.compress(bytes(side // 8 + 1) * side, 9)
    head = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in ((b"IHDR", head), (b"IDAT", line), (b"IEND", b""))
    )


def make_animation(name: str = "GIF", frames: int = 3) -> bytes:
    """A moving picture; of one frame it is none."""
    pictures = [Image.new("RGB", (40, 30), (80 * n, 0, 0)) for n in range(frames)]
    written = io.BytesIO()
    pictures[0].save(written, name, save_all=True, append_images=pictures[1:])
    return written.getvalue()


def make_document(
    *, pages: int = 1, password: str = "", photograph: bytes = b"", drawing: bytes = b""
) -> bytes:
    """A PDF with everything that a PDF should not have."""
    pdf = Pdf.new()
    for _ in range(pages):
        page = pdf.add_blank_page(page_size=(200, 300))
        page.obj.Contents = pdf.make_stream(b"0 0 1 rg 20 20 100 100 re f % the picture" + drawing)
    first = pdf.pages[0].obj
    script = Dictionary(S=Name.JavaScript, JS=f"app.alert('{SECRET}')")
    pdf.Root.OpenAction = script
    first.AA = Dictionary(O=script)
    first.PieceInfo = Dictionary(Editor=Dictionary(Private=SECRET))
    first.Annots = pdf.make_indirect(pikepdf.Array([_make_note(pdf, script)]))
    pdf.attachments["evil.exe"] = pikepdf.AttachedFileSpec(pdf, SECRET.encode())
    pdf.docinfo["/Author"] = SECRET
    with pdf.open_metadata() as said:
        said["dc:creator"] = [SECRET]
    if photograph:
        image = pdf.make_stream(photograph, Type=Name.XObject, Subtype=Name.Image)
        image.Width, image.Height, image.BitsPerComponent = 400, 300, 8
        image.ColorSpace, image.Filter = Name.DeviceRGB, Name.DCTDecode
        first.Resources = Dictionary(XObject=Dictionary(Im0=image))
    written = io.BytesIO()
    encryption = pikepdf.Encryption(owner=password, user=password) if password else False
    pdf.save(written, encryption=encryption)
    return written.getvalue()


def read_drawing(content: bytes) -> str:
    """What is drawn on the first page of a document."""
    with pikepdf.open(io.BytesIO(content)) as pdf:
        pdf.pages[0].contents_coalesce()
        return pdf.pages[0].obj.Contents.read_bytes().decode(errors="replace")


def _make_note(pdf: Pdf, script: Any) -> Any:
    """A field of a form: what was written into it is drawn as ``typed in``."""
    drawn = pdf.make_stream(b"BT (typed in) Tj ET", Type=Name.XObject, Subtype=Name.Form)
    drawn.BBox = [0, 0, 50, 20]
    return Dictionary(
        Type=Name.Annot,
        Subtype=Name.FreeText,
        Rect=[10, 200, 60, 220],
        F=4,
        A=script,
        Contents=SECRET,
        AP=Dictionary(N=pdf.make_indirect(drawn)),
    )


def make_document_bomb(size: int = 1 << 31) -> bytes:
    """A PDF of a thousandth of ``size``, which is what its one page unpacks to."""
    packer = zlib.compressobj(9, wbits=-15)
    block = packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    check = struct.pack(">HH", size % 65521, 1)  # Adler's, of zeros
    packed = b"\x78\xda" + block * (size >> 20) + b"\x03\x00" + check
    pdf = Pdf.new()
    page = pdf.add_blank_page()
    page.obj.Contents = pdf.make_stream(b"")
    page.obj.Contents.write(packed, filter=Name.FlateDecode)
    written = io.BytesIO()
    pdf.save(written, compress_streams=False, stream_decode_level=pikepdf.StreamDecodeLevel.none)
    return written.getvalue()


def make_wave(seconds: float = 1.0, rate: int = 8000) -> bytes:
    written = io.BytesIO()
    with wave.open(written, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(rate)
        sound.writeframes(bytes(2 * int(seconds * rate)))
    return written.getvalue()


def make_note(container: str, codec: str, rate: int, seconds: float = 1.0) -> bytes:
    """A voice note, as a telephone's recorder makes it, with a tag that tells the place."""
    written = io.BytesIO()
    with (
        av.open(io.BytesIO(make_wave(seconds, rate)), "r") as source,
        av.open(written, "w", format=container) as target,
    ):
        target.metadata["title"] = SECRET
        out: Any = target.add_stream(codec, rate=rate, layout="mono")
        if container == "amr":
            out.bit_rate = 12_200
        for frame in source.decode(audio=0):
            target.mux(out.encode(frame))
        target.mux(out.encode(None))
    return written.getvalue()


def make_film() -> bytes:
    written = io.BytesIO()
    with av.open(written, "w", format="mp4") as target:
        out = target.add_stream("mpeg4", rate=10)
        out.width, out.height, out.pix_fmt = 64, 48, "yuv420p"
        for _ in range(3):
            target.mux(out.encode(av.VideoFrame(64, 48, "yuv420p")))
        target.mux(out.encode(None))
    return written.getvalue()
