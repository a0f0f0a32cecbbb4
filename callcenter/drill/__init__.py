"""The whole loop tried on the house as it runs: a press, an alarm, a job, a follow-up (docs/decisions.md, "The drill")."""
