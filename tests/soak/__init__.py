"""Ninety days of a tenant's life in minutes: `python -m tests.soak --days 90`."""
