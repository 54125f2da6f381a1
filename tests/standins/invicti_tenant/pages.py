"""What is remembered between pages: encoded records, and old counts."""

from __future__ import annotations

from .shape import Shaper
from .store import Window


class StaleCounts:
    """TotalItemCount that is worked out only at every k-th request of a window."""

    def __init__(self) -> None:
        self._counts: dict[Window, tuple[int, int]] = {}

    def count(self, window: Window, actual: int, every: int) -> int:
        """The count of now, or the one of up to `every` - 1 requests ago."""
        if not every:
            return actual
        asked, count = self._counts.get(window, (0, actual))
        count = actual if asked % every == 0 else count
        self._counts[window] = (asked + 1, count)
        return count


class PageCache:
    """Encoded records of recent pages, bounded, so that reading a page again costs nothing."""

    LIMIT = 64 * 1024 * 1024

    def __init__(self) -> None:
        self._pages: dict[tuple[int, ...], bytes] = {}
        self._size = 0

    def clear(self) -> None:
        """Forget all."""
        self._pages.clear()
        self._size = 0

    def get(self, keys: tuple[int, ...], shaper: Shaper) -> bytes:
        """The records of these keys, joined by commas."""
        found = self._pages.get(keys)
        if found is None:
            found = shaper.encoded_page(keys)
            self._size += len(found)
            if self._size > self.LIMIT:
                self.clear()
                self._size = len(found)
            self._pages[keys] = found
        return found
