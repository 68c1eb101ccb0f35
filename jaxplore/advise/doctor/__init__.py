"""What is wrong with an installation: facts -> findings, each a rule of one table."""
