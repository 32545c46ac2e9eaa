"""Shared by all trainings: launch, engines, checkpoints, figures."""
