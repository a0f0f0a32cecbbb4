"""One-Key's server: a 24-hour call centre for elders who live at home.

Read in this order: `telephony.port` (what a carrier can do), `calls.rules` (who is rung, when), `calls.engine` (the life of a
press), `cases` (what stays), `console` (what agents see). The import order of the packages is checked by import-linter; news
travels upward only as events (`kit.outbox`).
"""

__version__ = "0.1.0"
