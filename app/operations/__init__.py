"""Keeping a server: founding, backups, the drill, checks, metrics, retention."""
