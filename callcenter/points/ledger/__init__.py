"""Double entry, append-only, in whole units: accounts, entries with their postings, lots, holds, sealed blocks. Knows nothing of who earns what."""
