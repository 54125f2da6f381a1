"""Branch coverage of bin/, in the tests' own process and in the packaged add-on's processes."""
