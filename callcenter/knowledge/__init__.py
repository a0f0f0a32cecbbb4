"""Owns short articles (policy, prices, how-to), their versions and the search in them."""
