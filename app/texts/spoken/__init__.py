"""What callers and members hear: one TOML per language, spoken by the carrier or recorded.

A sentence is played where the operator has recorded it, else said by the carrier's voice for the
language. A language that no voice speaks has its sentences said in another (``reads_as``).
"""
