"""The person's login, over all Organizations: Account, identities, password, second factors, sessions."""
