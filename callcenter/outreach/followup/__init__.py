"""Asking after a job or an emergency: which are asked about, by whom, what is said on the telephone, and what an answer brings about."""
