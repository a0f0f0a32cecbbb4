"""Asterisk 22 behind the port.

`debian` gets it onto a bare machine, `config` writes its configuration (conf/), `local` runs it there; `ari` is the connection, `adapter`
the port over it, `history` reads what the PBX itself kept. Only the processes that are wired to a PBX import this package.
"""
