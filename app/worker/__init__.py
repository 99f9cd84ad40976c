"""The worker: what is to be done later, and who does it."""
