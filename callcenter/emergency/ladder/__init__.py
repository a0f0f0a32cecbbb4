"""Who is called in an emergency, one after the other or all at once: contacts, the grid worker, she herself when her press was lost, the duty telephones.

Every call is a row with its number before voice rings anybody, and is made once for each step: the rows decide, whoever is killed. 110, 120 and 119 are never
called from here: the last rung is a countdown in front of a person.
"""
