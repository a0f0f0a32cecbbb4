"""How people of stores get into their app: a code to their telephone, then a session on it."""
