"""The case itself: found by number or by id, its tree, consents, notes, dates and documents."""
