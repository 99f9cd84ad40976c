"""The carrier's resources, with the keys that its API and its webhooks show."""
