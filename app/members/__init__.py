"""Who works here: accounts, invitations, profiles, sessions."""
