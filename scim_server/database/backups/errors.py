"""What can go wrong with a backup."""


class BackupError(Exception):
    """A backup or the way back was refused, or failed and was taken back; the text says which and what to do."""
