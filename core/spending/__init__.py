"""What paid renders cost: the ledger that holds the caps, and its sums for people."""
