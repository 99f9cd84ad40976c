"""Calls: what the simulated network does with them, in the carrier's words."""
