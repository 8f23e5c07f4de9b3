"""Labs that only the tests of faults know."""
