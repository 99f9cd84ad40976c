"""``kith check``: what would lose messages or leak, in plain words."""
