"""All cryptography of Kith, on pyca/cryptography alone; this list is its whole surface."""

from app.crypto.blind_index import keyed_hash, same
from app.crypto.carrier_recordings import CarrierRecording, encrypt_recording
from app.crypto.files import is_code, lock_file, new_code, unlock_file
from app.crypto.formats import (
    Context,
    Purpose,
    SealBroken,
    Suite,
    epoch_of,
    pad_field,
    pad_message,
    suite_of,
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
from app.crypto.private_files import (
    append_lines,
    create_file,
    destroy_file,
    replace_file,
    sync_folder,
)
from app.crypto.recordings import open_recording
from app.crypto.sealing import (
    forget_under,
    forgotten_on,
    lock,
    open_sealed,
    remember,
    seal_to,
    unlock,
)
from app.crypto.streams import LockedStream, unlock_stream

__all__ = [
    "BriefKeys",
    "CarrierRecording",
    "CaseKeys",
    "Context",
    "KeyFiles",
    "KeyMissing",
    "KeyPair",
    "LockedStream",
    "MemberKeys",
    "OperationalKeys",
    "Purpose",
    "SealBroken",
    "Secret",
    "Suite",
    "TeamKeys",
    "UnsafeKeyFile",
    "append_lines",
    "create_file",
    "day_number",
    "derive",
    "destroy_file",
    "encrypt_recording",
    "epoch_of",
    "forget_under",
    "forgotten_on",
    "is_code",
    "keyed_hash",
    "lock",
    "lock_file",
    "new_code",
    "new_seed",
    "open_recording",
    "open_sealed",
    "pad_field",
    "pad_message",
    "passphrases",
    "remember",
    "replace_file",
    "same",
    "seal_to",
    "suite_of",
    "sync_folder",
    "totp",
    "unlock",
    "unlock_file",
    "unlock_stream",
    "unpad",
    "verify_signature",
]
