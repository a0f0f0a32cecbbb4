"""Owns the grid governance tree (district → street → community → grid), its boundaries on the map, and who works there.

Who is on duty at the centre is not its business (calls), nor is who lives there (elders).
"""
