"""Texts on their way out: queued with what caused them, sent once, and honest about doubt.

``queue`` writes them into the outbox, ``sender`` hands them to the carrier, ``callbacks``
follows what it says about them afterwards.
"""
