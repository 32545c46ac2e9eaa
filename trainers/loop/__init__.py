"""What every training shares: launch, engines, checkpoints, figures."""
