"""How content people are: planned calls counted by store, item, agent, community or month, each share beside its denominator."""
