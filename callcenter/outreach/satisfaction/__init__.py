"""What ratings bring about: a store's own rating, which matching reads. The figures are counted in callcenter/reports/satisfaction."""
