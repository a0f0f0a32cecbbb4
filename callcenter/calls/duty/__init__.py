"""Who is on duty at which hour: people, a weekly pattern, exceptions for single days. Whom voice rings follows from it (`ring_order`)."""
