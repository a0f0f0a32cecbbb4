"""Calls out of care: a plan's regular call, her missed "I am fine", reminders of medicine, campaigns.

A care plan says how often and when; what is due becomes a `CallPlan` (outreach/models.py), each day's once. Who does not answer twice is looked for: her
contacts are rung, then somebody goes to her door. What she says by keys is asked here, how it is carried is calls/dialogs.
"""
