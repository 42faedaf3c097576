"""The link to an identity provider: how people join, and what was observed."""
