"""Owns the broken glass: who opened an elder without a call, why, who reviewed that, and whether she was told. Reading by it is `elders.access`."""
