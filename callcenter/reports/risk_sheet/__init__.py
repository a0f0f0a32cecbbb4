"""Owns the sheet of today's risks: who would be hit hardest on the day when everything is down, on paper."""
