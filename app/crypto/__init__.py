"""All cryptography of Kith, on pyca/cryptography alone; this list is its whole surface."""

from app.crypto.blind_index import keyed_hash, same
from app.crypto.formats import (
    Context,
    Purpose,
    SealBroken,
    Suite,
    epoch_of,
    pad_field,
    pad_message,
    unpad,
)
from app.crypto.keyfiles import KeyFiles, KeyMissing, UnsafeKeyFile, day_number
from app.crypto.keys import (
    BriefKeys,
    CaseKeys,
    KeyPair,
    MemberKeys,
    OperationalKeys,
    Secret,
    TeamKeys,
    derive,
    new_seed,
    verify_signature,
)
from app.crypto.sealing import forget_under, forgotten_on, lock, open_sealed, remember, seal_to, unlock

__all__ = [
    "BriefKeys",
    "CaseKeys",
    "Context",
    "KeyFiles",
    "KeyMissing",
    "KeyPair",
    "MemberKeys",
    "OperationalKeys",
    "Purpose",
    "SealBroken",
    "Secret",
    "Suite",
    "TeamKeys",
    "UnsafeKeyFile",
    "day_number",
    "derive",
    "epoch_of",
    "forget_under",
    "forgotten_on",
    "keyed_hash",
    "lock",
    "new_seed",
    "open_sealed",
    "pad_field",
    "pad_message",
    "remember",
    "same",
    "seal_to",
    "unlock",
    "unpad",
    "verify_signature",
]
