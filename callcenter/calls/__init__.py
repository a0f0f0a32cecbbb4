"""Calls: from the ring to the hang-up. The queue, who is rung, agents' presence, legs, commands from consoles.

`rules` decides (pure), `engine` lives in the voice process and is the only one that speaks to the PBX, `store` writes what the engine
decided. Owns no elders and no cases; it opens and joins cases by `cases.actions`.
"""
