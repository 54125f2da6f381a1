"""What the evaluators raise instead of guessing."""

from __future__ import annotations


class UnknownConstructError(Exception):
    """Something that this evaluator does not know: it must learn it, not guess."""
