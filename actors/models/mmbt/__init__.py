"""MMBT, the picture and text classifier (paper A §3.3)."""
