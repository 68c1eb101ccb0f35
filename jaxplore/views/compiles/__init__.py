"""What was compiled, why and when: the ledger, its sums and its timeline, as text and HTML."""
