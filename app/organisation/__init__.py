"""The organisation: its settings and its lists of codes."""
