"""Labs that only the tests of the server know."""
