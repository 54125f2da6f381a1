"""What the packaged input is measured against, each a script run as a process of its own.

All fetch alike (`pages.py`) and differ in what they do with a page, so that a ratio between two of
them tells the cost of writing and nothing else.
"""
