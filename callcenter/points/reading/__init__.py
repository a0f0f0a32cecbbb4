"""What a member has and how it came there: for the screen, for reading aloud, for a letter. Reads only."""
