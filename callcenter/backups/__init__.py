"""Backups: all that a centre has in one encrypted file, checked before it gets its name, and restored into a house of its own (docs/backups.md).

sealing, keys: the encryption, with keys that rotate · members: what lies one after another in it · files: what of the disk belongs in
database: PostgreSQL's own programs · making, restoring: the two ways through · noting: the word of it in the audit
"""
