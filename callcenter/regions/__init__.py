"""Owns the grid governance tree: district → street → community → grid. Who works there is not its business (accounts, later the grid's own domain)."""
