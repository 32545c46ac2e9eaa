"""What every page is made of: markup, tables, plots, pictures."""
