"""Who has points and time coins: elders and volunteers, in order or frozen."""
