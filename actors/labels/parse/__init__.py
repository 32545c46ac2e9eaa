"""From what a model wrote to the labels it gives, or why it gives none."""
