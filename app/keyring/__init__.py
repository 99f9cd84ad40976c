"""The server's own keys in memory: what it can wrap, look up and read without any person."""

from app.keyring.hashes import hash_number, hash_reference
from app.keyring.keyring import Keyring
from app.keyring.transaction import TransactionKeys

__all__ = ["Keyring", "TransactionKeys", "hash_number", "hash_reference"]
