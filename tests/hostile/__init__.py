"""Servers that mean harm, and what the add-on makes of them: bounded time and memory, one line."""
