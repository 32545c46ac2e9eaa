"""Each module prints one table; none is run by the tests."""
