"""The check before a release finds each disagreement."""
