"""What tests share: real databases, a real server, and a client that speaks like an identity provider."""
