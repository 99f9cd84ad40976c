"""The service's answers to texts and calls, parsed."""
