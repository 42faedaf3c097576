"""The client half of the command line: it speaks HTTP alone, and imports nothing of the server.

`contexts` keeps logins in a file, `access` decides whose token goes where, `api` sends requests, and every other module
is a group of commands. docs/decisions/0050 says why the two halves stand in one program.
"""
