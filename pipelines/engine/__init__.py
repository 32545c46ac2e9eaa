"""What runs a pipeline: preflight, ledger, resume, Ray Data."""
