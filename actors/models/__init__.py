"""What actors run and trainers tune."""
