"""Others' test vectors, from the `cryptography_vectors` package of the library's own version."""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from typing import Any

import cryptography
import cryptography_vectors
import pytest
from cryptography.hazmat.bindings._rust import openssl
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from app.crypto import KeyPair
from tests.crypto import chunked, hybrid

X25519, XWING = 0x0020, 0x647A
HKDF_SHA256, AES_256_GCM, CHACHA20_POLY1305 = 1, 2, 3


def _load(name: str) -> Any:
    with cryptography_vectors.open_vector_file(name, "rb") as file:
        return json.load(file)


def _suite(vector: dict[str, Any]) -> tuple[int, int, int, int]:
    return vector["mode"], vector["kem_id"], vector["kdf_id"], vector["aead_id"]


RFC_9180 = [v for v in _load("HPKE/test-vectors.json") if v["mode"] == 0]
HYBRID = [v for v in _load("HPKE/hpke-pq-test-vectors.json") if v["kem_id"] == XWING]
CHUNKED = _load("chunked-encryption/vectors.json")["vectors"]


def test_the_vectors_are_of_the_library_in_use() -> None:
    assert cryptography_vectors.__version__ == cryptography.__version__


def test_rfc_9180_base_mode_opens() -> None:
    """Every published ciphertext has associated data, which only a private function takes."""
    wanted = (0, X25519, HKDF_SHA256, AES_256_GCM)
    [vector] = [v for v in RFC_9180 if _suite(v) == wanted]
    suite = hpke.Suite(hpke.KEM.X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM)
    private = X25519PrivateKey.from_private_bytes(bytes.fromhex(vector["skRm"]))
    assert _open_first(suite, private, vector)


def test_the_hybrid_opens() -> None:
    [vector] = [v for v in HYBRID if v["kdf_id"] == HKDF_SHA256]
    assert vector["aead_id"] == CHACHA20_POLY1305
    suite = hpke.Suite(hpke.KEM.MLKEM768_X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.CHACHA20_POLY1305)
    private = KeyPair(bytes.fromhex(vector["skRm"])).private
    assert _open_first(suite, private, vector)


def _open_first(suite: hpke.Suite, private: Any, vector: dict[str, Any]) -> bool:
    """The hybrid's file gives hex of the hex that was really sealed, and of the real info."""
    first = vector["encryptions"][0]
    opened = openssl.hpke._decrypt_with_aad(
        suite,
        bytes.fromhex(vector["enc"] + first["ct"]),
        private,
        bytes.fromhex(vector["info"]),
        bytes.fromhex(first["aad"]),
    )
    return opened == bytes.fromhex(first["pt"])


@pytest.mark.parametrize("vector", HYBRID, ids=lambda v: f"kdf-{v['kdf_id']}")
def test_a_seed_expands_to_the_published_public_key(vector: dict[str, Any]) -> None:
    seed, public = bytes.fromhex(vector["skRm"]), bytes.fromhex(vector["pkRm"])
    assert KeyPair(seed).public == public
    assert hybrid.public_key(seed) == public


@pytest.mark.parametrize("vector", HYBRID, ids=lambda v: f"kdf-{v['kdf_id']}")
def test_our_own_decapsulation_gives_the_published_secret(vector: dict[str, Any]) -> None:
    seed, encapsulation = bytes.fromhex(vector["skRm"]), bytes.fromhex(vector["enc"])
    assert hybrid.shared_secret(seed, encapsulation) == bytes.fromhex(vector["shared_secret"])


def test_all_chunked_encryption_vectors_are_there() -> None:
    assert len(CHUNKED) == 102


@pytest.mark.parametrize("vector", CHUNKED, ids=lambda v: v["name"])
def test_our_own_chunked_encryption_agrees_with(vector: dict[str, Any]) -> None:
    sealed = base64.b64decode(vector["ciphertext"] or "")
    sealed = zlib.decompress(sealed) if vector.get("compressed") else sealed
    key, context = bytes.fromhex(vector["key"]), vector["context"].encode()
    if "aead_key" in vector and len(sealed) >= chunked.SALT:
        derived = chunked.derive("sha256", vector["aead"], key, sealed[: chunked.SALT], context)
        assert derived.key.hex() == vector["aead_key"]
        assert derived.base_nonce.hex() == vector["base_nonce"]
    if vector["expect"] == "failure":
        with pytest.raises(chunked.NotOpened):
            chunked.unseal("sha256", vector["aead"], key, context, sealed)
        return
    opened = chunked.unseal("sha256", vector["aead"], key, context, sealed)
    assert len(opened) == vector["payload_length"]
    assert hashlib.sha256(opened).hexdigest() == vector["payload_sha256"]
    salt = sealed[: chunked.SALT]
    assert chunked.seal("sha256", vector["aead"], key, salt, context, opened) == sealed
