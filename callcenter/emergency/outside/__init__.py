"""Outside help of an emergency: whose numbers they are, what is handed over to them, and how far they are.

A hand-over is offered by a person of the centre; after that its states come from her, from the crew's page or from a city's interface. Nothing here
dials anybody, and 12345 takes no emergency.
"""
