"""Alembic's migrations and the database's roles. `callcenter migrate` runs both, as the database's owner."""
