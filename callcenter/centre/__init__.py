"""Owns what a centre sets for itself: values that change how it works, each with its history. Not what one process needs to start (settings)."""
