"""What every domain stands on: time, ids, transactions, the outbox, errors, encryption, logs. Knows no domain."""
