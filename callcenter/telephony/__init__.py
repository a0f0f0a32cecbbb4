"""Telephones and carriers: `port` says what the calls domain needs of any of them; `asterisk` and `simulator` are the adapters.

Owns no table and knows no elder, agent or case: only channels, bridges, accounts and sound.
"""
