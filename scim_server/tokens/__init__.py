"""Bearer tokens of an Organization."""
