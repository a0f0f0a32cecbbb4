"""Owns orders, their lines, offers, proofs and history. Every write locks the order first; its case is locked before it."""
