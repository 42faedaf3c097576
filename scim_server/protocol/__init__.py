"""SCIM 2.0 as data: pure functions and values, without Flask, SQLAlchemy or a clock."""
