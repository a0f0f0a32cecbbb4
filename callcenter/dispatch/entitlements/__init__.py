"""Owns what others pay for an elder: care insurance, government subsidy, vouchers; and how much of it each bill has used. Who pays what of a bill: `bills`."""
