"""Single sign-on: OpenID Connect logins at an Organization's identity provider, and what they make of people."""
