"""Answers to POSTs that bore an Idempotency-Key, so that a repetition gets the same and does nothing again."""
