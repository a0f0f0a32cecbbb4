"""Demo data: a district that looks like Fancheng with invented people, the same every time for the same seed and day. Never part of production."""
