"""Owns the hand-over of a shift: what the leaving lead writes, both signatures, and that what was signed stays as it was."""
