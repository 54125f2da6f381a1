"""Stand-ins for the software that cannot be shipped with the tests."""
