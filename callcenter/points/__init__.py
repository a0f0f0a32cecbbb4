"""Points and time bank (docs/points.md): a ledger that anyone can check, what is earned and spent on it, and what stores owe each other for it."""
