"""Archives: encrypted to a key that is kept off the server, made online, read again at once.

An archive holds the database, the anchor, the integrity and audit keys, and the shred keys that
its snapshot lies under; never the operational seed. Kith drops archives after a week. A copy kept
elsewhere opens for ever with the backup key and a member's passphrase.
"""
