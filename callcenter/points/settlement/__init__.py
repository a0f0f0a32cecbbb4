"""What stores, partners and the centre owe each other for points: once a month, netted, paid."""
