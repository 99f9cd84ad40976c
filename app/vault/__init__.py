"""Who can open what."""
