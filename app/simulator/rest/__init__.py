"""The carrier's API, as its client library calls it."""
