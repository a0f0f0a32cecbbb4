"""Owns what is done for an elder by somebody outside the centre: stores and their people, orders, offers, proofs, bills.

`stores` who can do what, where and when · `orders` what is asked for, on a case · `matching` which store, and why (pure) · `offers` one order meets
stores until exactly one takes it · `proofs` that somebody was there · `bills` who pays. Stores' screens are in `providers`, which imports this
package; what they are told goes out through `messaging` and `calls.dialogs`.
"""
