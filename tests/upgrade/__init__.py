"""The last release's package with all that a person has set up in it, replaced by this one."""
