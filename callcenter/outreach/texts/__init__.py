"""Whom no call reached is asked by a text message, and what comes back is read: as a key would be, or by an agent.

Also every other text that somebody sends to the centre comes here: it becomes a call-back, and at once an emergency when it says so.
"""
