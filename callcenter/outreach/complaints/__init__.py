"""What went wrong, from the word of whoever complains to her word that it is mended. Opened by a rating, an agent, the family or a store."""
