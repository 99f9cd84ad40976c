"""The server's own keys in memory: what it can wrap, look up and read without any person."""

from app.keyring.keyring import Keyring, TransactionKeys, hash_number, hash_reference

__all__ = ["Keyring", "TransactionKeys", "hash_number", "hash_reference"]
