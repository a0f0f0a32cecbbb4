"""An SOS from the press to its outcome: who answers for it and who watches, what is due and when, and alarms that wait for a person.

`protocols`, `ladder` and `outside` hang on the emergency here; the case, its owner and its timeline are `cases`', the telephone is `calls`'.
"""
