"""Labels from language models: how they are asked for, and how they are read out of answers."""
