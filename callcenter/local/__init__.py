"""A whole centre on one bare machine: PostgreSQL and Valkey from wheels, Asterisk unpacked from Debian packages, our own processes, one supervisor.

Owns how they are found, started, watched and stopped on Debian 12/13 without a container engine. It owns no domain and is imported by `cli` and
tests only; in production each process is a service of compose.yml and nothing here runs.
"""
