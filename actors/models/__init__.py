"""Models that actors run and trainers tune."""
