"""`demo` and `quick`."""
