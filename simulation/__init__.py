"""A simulated month: the real service, the simulated network, and people who are only human."""
