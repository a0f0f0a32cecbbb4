"""Recordings of conversations: their rows, how a file is sealed, how long it is kept. Voice makes them (engine/recorder.py), the console plays them."""
