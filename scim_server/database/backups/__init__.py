"""Copies of the whole database, and the way back: what was there before stays beside until somebody deletes it."""

from scim_server.database.backups.service import BackupError, Made, Progress, Restored, back_up, inspect_backup, restore

__all__ = ["BackupError", "Made", "Progress", "Restored", "back_up", "inspect_backup", "restore"]
