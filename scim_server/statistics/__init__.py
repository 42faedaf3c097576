"""Counts for each day: who is a member and by what, who joined and left."""
