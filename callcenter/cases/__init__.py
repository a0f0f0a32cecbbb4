"""The Case: what an elder's press becomes, its timeline, its owner, its open tasks. All else hangs on it.

Owns no calls and no orders: they point at a case, and tell it by entries on its timeline.
"""
