"""The role catalogue."""
