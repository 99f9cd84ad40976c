"""Plain values: settings, addresses, events, errors. They know no state."""
