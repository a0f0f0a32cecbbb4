"""What a telephone asks, one module for each part of the app."""
