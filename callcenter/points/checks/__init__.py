"""Every night the books are proved against themselves; a break stops redemption. What looks like fraud is put before a supervisor."""
