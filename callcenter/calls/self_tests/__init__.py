"""The key tries itself: every few minutes a marked press goes the way of a real one (docs/decisions.md, "The key tries itself")."""
