"""Owns the address check: what an ambulance would lack at an elder's door, judged by `rules` and kept beside her, so that a list needs no health data."""
