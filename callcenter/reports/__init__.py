"""Owns figures computed from raw events by published definitions, and the day report. Writes nothing into other domains."""
