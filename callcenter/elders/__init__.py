"""Owns elders: who they are, where they live, what is wrong with them, their numbers, their contacts and key-holders, their consents,
and who may see all that for how long (access grants).

It knows no calls and no cases: those point at an elder and, while they live, open a grant here.
"""
