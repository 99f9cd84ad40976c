"""All cryptography of Kith, on pyca/cryptography alone; this list is its whole surface."""

from app.crypto.blind_index import is_same, keyed_hash
from app.crypto.carrier_recordings import encrypt_recording
from app.crypto.files import is_code, lock_file, new_code, unlock_file
from app.crypto.formats import Context, Purpose, SealBroken, Suite, pad_field, pad_message, purpose_of, read_epoch, read_suite, unpad
from app.crypto.keyfiles import KeyFiles, KeyMissing, UnsafeKeyFile, day_number
from app.crypto.keys import BriefKeys, CaseKeys, KeyPair, MemberKeys, OperationalKeys, Secret, TeamKeys, derive_key, new_seed, verify_signature
from app.crypto.passphrases import MIN_PASSPHRASE, SALT_BYTES, TokenKeys, derive_passphrase_key, derive_recovery_key, derive_token_keys, hash_invitation, new_invitation_code, new_recovery_code, new_salt, new_token
from app.crypto.private_files import append_lines, create_file, destroy_file, replace_file, sync_folder
from app.crypto.recordings import open_recording
from app.crypto.sealing import forget_under, forgotten_on, lock, open_sealed, remember, seal_to, unlock
from app.crypto.streams import LockedStream, unlock_stream
from app.crypto.totp import encode_base32, find_accepted_step, make_totp_uri, new_totp_secret

__all__ = ["BriefKeys", "CaseKeys", "Context", "KeyFiles", "KeyMissing", "KeyPair", "LockedStream", "MIN_PASSPHRASE", "MemberKeys", "OperationalKeys", "Purpose", "SALT_BYTES", "SealBroken", "Secret", "Suite", "TeamKeys", "TokenKeys", "UnsafeKeyFile", "append_lines", "create_file", "day_number", "derive_key", "derive_passphrase_key", "derive_recovery_key", "derive_token_keys", "destroy_file", "encode_base32", "encrypt_recording", "find_accepted_step", "forget_under", "forgotten_on", "hash_invitation", "is_code", "is_same", "keyed_hash", "lock", "lock_file", "make_totp_uri", "new_code", "new_invitation_code", "new_recovery_code", "new_salt", "new_seed", "new_token", "new_totp_secret", "open_recording", "open_sealed", "pad_field", "pad_message", "purpose_of", "read_epoch", "read_suite", "remember", "replace_file", "seal_to", "sync_folder", "unlock", "unlock_file", "unlock_stream", "unpad", "verify_signature"]
