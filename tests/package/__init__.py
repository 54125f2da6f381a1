"""Tests of the package as it ships."""
