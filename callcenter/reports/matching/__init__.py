"""Three accounts of a day laid side by side: the PBX's own record, our calls with their events, and cases. What does not agree is listed with its cause."""
