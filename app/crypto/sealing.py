"""The two ways to seal: to a public key (HPKE) and under a symmetric key (Cobblestone).

Neither needs a nonce from us: HPKE makes a fresh key per encapsulation, Cobblestone draws a
random 24-byte salt and derives key and nonces from it.
"""

from __future__ import annotations

from dataclasses import replace

from cryptography.cobblestone import Cobblestone256Decryptor, Cobblestone256Encryptor
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hpke

from app.crypto.formats import (
    Context,
    Purpose,
    SealBroken,
    Suite,
    make_header,
    read_body,
    read_epoch,
)
from app.crypto.keys import KeyPair, Secret, parse_public

# KEM 0x647a, HKDF-SHA256, AES-256-GCM. pyca's public HPKE takes no AAD, so all goes into info.
_HPKE = hpke.Suite(hpke.KEM.MLKEM768_X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM)


def seal_to(
    public: bytes, purpose: Purpose, epoch: int, context: Context, plaintext: bytes
) -> bytes:
    """Seal ``plaintext`` to the raw public key ``public`` (1216 bytes); 1145 bytes longer.

    Raises ValueError where ``public`` is no such key.

    ``epoch`` is the epoch of the recipient's key and stands in the header.
    """
    head = make_header(Suite.HPKE, purpose, epoch)
    return head + _HPKE.encrypt(plaintext, parse_public(public), info=context.encode(head))


def open_sealed(
    pair: KeyPair, purpose: Purpose, epoch: int, context: Context, blob: bytes
) -> Secret:
    """Open what ``seal_to`` made; SealBroken where anything differs."""
    head = make_header(Suite.HPKE, purpose, epoch)
    body = read_body(blob, head)
    try:
        return Secret(_HPKE.decrypt(body, pair.private, info=context.encode(head)))
    except (InvalidTag, ValueError) as error:
        raise SealBroken from error


def lock(key: bytes, purpose: Purpose, epoch: int, context: Context, plaintext: bytes) -> bytes:
    """Encrypt ``plaintext`` under the 32-byte ``key``; 81 bytes longer, 16 more per 16 kB chunk."""
    head = make_header(Suite.COBBLESTONE, purpose, epoch)
    encryptor = Cobblestone256Encryptor(key, context.encode(head))
    return b"".join((head, encryptor.update(plaintext), encryptor.finalize()))


def unlock(key: bytes, purpose: Purpose, epoch: int, context: Context, blob: bytes) -> Secret:
    """Decrypt what ``lock`` made, verified whole before anything is returned; else SealBroken."""
    head = make_header(Suite.COBBLESTONE, purpose, epoch)
    decryptor = Cobblestone256Decryptor(key, context.encode(head))
    body = read_body(blob, head)
    try:
        return Secret(decryptor.update(body) + decryptor.finalize())
    except (InvalidTag, ValueError) as error:
        raise SealBroken from error


def forget_under(key: bytes, day: int, context: Context, inner: bytes) -> bytes:
    """Put the forgetting layer around ``inner``; ``day`` counts days since 1970-01-01 UTC.

    The layer's context has no field version: it is re-wrapped daily, whatever becomes of the row.
    """
    return lock(key, Purpose.FORGETTING, day, _unversioned(context), inner)


def remember(key: bytes, day: int, context: Context, outer: bytes) -> bytes:
    """Take the forgetting layer off; SealBroken where it is missing or of another day."""
    return unlock(key, Purpose.FORGETTING, day, _unversioned(context), outer)


def _unversioned(context: Context) -> Context:
    return replace(context, version=0) if context.version else context


def forgotten_on(outer: bytes) -> int:
    """Return the day whose shred key opens this layer; SealBroken where the layer is missing."""
    day = read_epoch(outer)
    read_body(outer, make_header(Suite.COBBLESTONE, Purpose.FORGETTING, day))
    return day
