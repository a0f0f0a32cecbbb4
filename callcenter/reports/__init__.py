"""Owns the figures: what is counted, how, against which target. Computed from the rows of calls, call events and cases, never from counters.

`words` holds each definition in words; the console, the files and docs/figures.md show the same. Writes nothing.
"""
