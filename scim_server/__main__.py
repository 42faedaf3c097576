"""`python -m scim_server`."""

from scim_server.cli import main

main()
