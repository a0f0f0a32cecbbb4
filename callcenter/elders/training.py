"""The numbers that the training telephone plays, by what they are for. The demo district gives each its person; the last belongs to nobody."""

ALONE = "+867103456789"
COUPLE = "+867103452468"
WANDERING = "+867103451357"
THREE_NUMBERS = "+867103458642"
UNKNOWN = "+867103459876"

TRAINING_NUMBERS = (("alone", ALONE), ("couple", COUPLE), ("wandering", WANDERING), ("three_numbers", THREE_NUMBERS), ("unknown", UNKNOWN))
