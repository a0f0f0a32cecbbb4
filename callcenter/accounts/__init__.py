"""Who may come in and what they may do: users, roles, sessions, sign-in throttling, the audit trail.

Owns no elders, no calls: an agent's telephone and presence belong to `calls`.
"""
