"""E-mail domains that an Organization proved to own."""
