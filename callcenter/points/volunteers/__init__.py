"""The time bank: who gives time, visits from asking to the elder's confirmation, and the time coins that come of them."""
