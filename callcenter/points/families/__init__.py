"""Family groups, gifts inside them, donations to the fund, what happens at a death and when two profiles become one, and the second person's yes."""
