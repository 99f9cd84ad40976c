"""Numbers for the operator."""
