"""Dialogs: a caller and a program, by prompts and keys. Outbound ones are rows with a deadline before the carrier is touched; inbound ones come by a job line.

What is said, and what a key does, belongs to whoever owns the matter: a `Dialog` (protocol.py), put in where processes are wired (callcenter/voice.py).
Here: the rows and their states, asking for a call, the pure rules of listening to keys, and what can be spoken. The engine (calls/engine/dialogs.py)
rings, plays and hears.
"""
