"""Who did what to whom: events, written with the change itself."""
