"""Owns the report of an emergency: everything that was done from the press on, put together from the rows of those who did it. Writes nothing."""
