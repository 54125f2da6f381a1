"""Mutation testing of the pure core: whether the unit tests notice a change of the program."""
