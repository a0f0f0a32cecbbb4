"""What Prometheus reads: computed from rows at every question, so that no process holds a number that another does not know, or loses it when it dies.

exposition: the text format · queries: each figure from its rows. No name, number, elder or agent is in it.
"""
