"""Owns who pays for a visit: bills and their parts, claim lists for payers, statements for stores.

What payers grant is `entitlements`; what stores ask for is in `orders`.
"""
