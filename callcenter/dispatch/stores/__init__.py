"""Owns stores, the people who work there, their licences, what they offer, where and when; and the organisations above them. No orders."""
