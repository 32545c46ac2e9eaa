"""`filter`: score, repair, drop."""
