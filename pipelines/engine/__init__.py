"""Running a pipeline: preflight, ledger, resume, Ray Data."""
