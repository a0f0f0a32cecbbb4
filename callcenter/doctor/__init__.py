"""`callcenter doctor`: whether this house can do its work, in plain words, a line for each thing, with what to do.

finding: one line · machine: ports, disk, certificates, secrets · rows: what the database knows · services: Asterisk, Valkey and the worker · house: all of them
"""
