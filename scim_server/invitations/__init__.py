"""Invitations: an e-mail address, a role, a one-time secret, and how they end."""
