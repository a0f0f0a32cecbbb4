"""Routes: load, check, act, answer. Every one has a guard (`needs`) or stands in the list of public ones."""
