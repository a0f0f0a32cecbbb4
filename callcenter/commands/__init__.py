"""The command line's commands, a module each, loaded only when asked for: a process imports what it needs and starts quickly."""
