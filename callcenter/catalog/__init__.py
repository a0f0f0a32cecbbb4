"""Owns what can be ordered: 7 categories of service items, as versioned data. Prices agreed with a store, and orders, are not its business."""
