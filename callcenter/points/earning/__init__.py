"""What points are given for: what she pays herself, her daily "I am fine", answers to follow-ups, whom she has invited, hours of volunteering.

Owns one row for each deed looked at, terms of allied stores, purchases they report, invitations, and what expires.
"""
