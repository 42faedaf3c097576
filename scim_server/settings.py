class SettingsError(Exception):
    pass


class Settings:
    pass
