"""All writes of stores. Each locks the store, writes its history and the audit, and raises its version."""
