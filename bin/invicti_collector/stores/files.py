# SPDX-License-Identifier: Apache-2.0
"""Progress in files below the checkpoint directory, for Splunk with the KV Store switched off.

One folder an input: `state.json`, `lease.json`, and one `ids-<since>-<until>-<random>.json` a page.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from contextlib import suppress
from functools import wraps
from pathlib import Path
from typing import Any, Callable, TypeVar

from invicti_collector.errors import ProgressUnreachableError
from invicti_collector.ports import REPORTS, Lease, SeenIds

_ABANDONED = 3600
"""Seconds after which a draft cannot be one that is being written."""

_Method = TypeVar("_Method", bound=Callable[..., Any])


def _tells_failures(method: _Method) -> _Method:
    @wraps(method)
    def guarded(self: FileStore, *arguments: Any) -> Any:
        try:
            return method(self, *arguments)
        except (OSError, ValueError) as fault:
            raise ProgressUnreachableError(
                f"progress cannot be read or written: {fault}",
                str(self.folder),
                "make room on the disk, and give Splunk's user the right to write there",
            ) from fault

    return guarded  # type: ignore[return-value]


class FileStore:
    """Implements the port `ReportingStore`.

    Arguments:
        folder: Of this input; made when first written to.
    """

    name = "files"

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def exists(self) -> bool:
        """Tells whether there is progress here."""
        return (self.folder / "state.json").exists()

    @_tells_failures
    def load_state(self) -> str | None:
        """See `ports.Store`."""
        path = self.folder / "state.json"
        return path.read_text("utf-8") if path.exists() else None

    @_tells_failures
    def save_state(self, state: str) -> None:
        """See `ports.Store`."""
        self._replace("state.json", state)

    @_tells_failures
    def add_ids(self, ids: SeenIds) -> None:
        """See `ports.Store`."""
        name = f"ids-{ids.since}-{ids.until}-{os.urandom(8).hex()}.json"
        self._replace(name, json.dumps(list(ids.digests)))

    @_tells_failures
    def ids_between(self, since: int, until: int) -> list[SeenIds]:
        """See `ports.Store`."""
        return [
            SeenIds(first, last, json.loads(path.read_text("utf-8")))
            for path, first, last in self._id_files()
            if last >= since and first <= until
        ]

    @_tells_failures
    def forget_ids_before(self, moment: int) -> None:
        """See `ports.Store`."""
        for path, _, until in self._id_files():
            if until < moment:
                path.unlink()

    @_tells_failures
    def forget(self) -> None:
        """See `ports.Store`."""
        # The state goes first: with it the ids must be there, without it they have no meaning, and
        # the next run, which starts anew, forgets them too.
        with suppress(FileNotFoundError):
            (self.folder / "state.json").unlink()
        for path, _, _ in self._id_files():
            path.unlink()

    @_tells_failures
    def save_report(self, kind: str, text: str) -> None:
        """See `ports.ReportingStore`."""
        self._replace(f"{kind}.json", text)

    @_tells_failures
    def load_report(self, kind: str) -> str | None:
        """See `ports.ReportingStore`."""
        path = self.folder / f"{kind}.json"
        return path.read_text("utf-8") if path.exists() else None

    @_tells_failures
    def forget_reports(self) -> None:
        """See `ports.ReportingStore`."""
        for kind in REPORTS:
            with suppress(FileNotFoundError):
                (self.folder / f"{kind}.json").unlink()

    @_tells_failures
    def read_lease(self) -> Lease | None:
        """See `ports.Store`."""
        return _read_lease(self.folder / "lease.json")

    @_tells_failures
    def take_lease(self, lease: Lease) -> bool:
        """See `ports.Store`."""
        self.folder.mkdir(parents=True, exist_ok=True)
        draft = self._draft(json.dumps(lease._asdict()))
        try:
            os.link(draft, self.folder / "lease.json")
        except FileExistsError:
            return False
        finally:
            draft.unlink()
        self._remove_drafts()
        return True

    @_tells_failures
    def drop_lease(self, lease: Lease) -> None:
        """See `ports.Store`."""
        path = self.folder / "lease.json"
        if _read_lease(path) == lease:
            with suppress(FileNotFoundError):
                path.unlink()

    def _id_files(self) -> Iterator[tuple[Path, int, int]]:
        for path in sorted(self.folder.glob("ids-*.json")):
            _, since, until, _ = path.name.split("-")
            yield path, int(since), int(until)

    def _replace(self, name: str, text: str) -> None:
        self._draft(text).replace(self.folder / name)

    def _remove_drafts(self) -> None:
        """Removes what a kill left behind, but not what another run is just writing."""
        for draft in self.folder.glob("draft-*"):
            with suppress(FileNotFoundError):
                if draft.stat().st_mtime < time.time() - _ABANDONED:
                    draft.unlink()

    def _draft(self, text: str) -> Path:
        """Writes a file under a name that nothing reads, and has it on the disk."""
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"draft-{os.urandom(8).hex()}"
        with path.open("w", encoding="utf-8") as draft:
            draft.write(text)
            draft.flush()
            os.fsync(draft.fileno())
        return path


def _read_lease(path: Path) -> Lease | None:
    try:
        fields = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return None
    return Lease(str(fields["owner"]), int(fields["expires"]))
