"""`callcenter bench`: figures as ratios in one run on one machine, each beside its bar and what it was measured against."""
