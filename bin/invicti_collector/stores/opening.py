# SPDX-License-Identifier: Apache-2.0
"""Chooses where the progress of an input is kept, and moves it when the KV Store comes on."""

from __future__ import annotations

import contextlib
import logging
import re
from hashlib import blake2b
from pathlib import Path
from typing import Callable

from solnlib.splunk_rest_client import SplunkRestClient

from invicti_collector.errors import ConfigurationError, ProgressUnreachableError
from invicti_collector.ports import ReportingStore
from invicti_collector.stores.files import FileStore
from invicti_collector.stores.kvstore import KvStore, kvstore_status
from invicti_collector.timeline import ALWAYS

KVSTORE_PATIENCE = 60
"""Seconds to wait for a KV Store that is starting; it takes longest after Splunk's own start."""

_PAUSE = 2.0
_MARKER = "in-kvstore"
_LONGEST_STATUS = 40


def open_store(
    service: SplunkRestClient,
    checkpoint_dir: Path,
    input_name: str,
    log: logging.Logger,
    sleep: Callable[[float], None],
) -> ReportingStore:
    """Returns the store of an input's progress.

    Arguments:
        service: splunkd.
        checkpoint_dir: Handed over by splunkd.
        input_name: The input.
        log: Is told which store is used.
        sleep: Waits for seconds.

    Raises:
        ProgressUnreachableError: when the KV Store neither answers nor is switched off.
        ConfigurationError: when it is switched off but holds the progress.
    """
    files = FileStore(_folder(checkpoint_dir, input_name))
    marker = files.folder / _MARKER
    if _is_disabled(service, sleep):
        _refuse_if_marked(marker)
        log.debug("action=progress_store store=files folder=%s", files.folder)
        return files
    kvstore = KvStore(service, input_name)
    if files.exists():
        _move(files, kvstore)
        log.info("action=progress_moved from=files to=kvstore")
    _mark(marker)
    return kvstore


def find_store(service: SplunkRestClient, checkpoint_dir: Path, input_name: str) -> ReportingStore:
    """Returns where the progress of an input is, without moving it or waiting.

    Arguments:
        service: splunkd.
        checkpoint_dir: Of this kind of input.
        input_name: The input.

    Raises:
        ProgressUnreachableError: when the KV Store is neither ready nor switched off.
        ConfigurationError: when it is switched off but holds the progress.
    """
    files = FileStore(_folder(checkpoint_dir, input_name))
    if files.exists():
        return files
    if _is_disabled(service, _no_patience):
        # What was told, reset or deleted here would not be what the next run goes by.
        _refuse_if_marked(files.folder / _MARKER)
        return files
    return KvStore(service, input_name)


def forget_marker(checkpoint_dir: Path, input_name: str) -> None:
    """Forgets that the progress of an input is in the KV Store, once it no longer is.

    Arguments:
        checkpoint_dir: Of this kind of input.
        input_name: The input.
    """
    folder = _folder(checkpoint_dir, input_name)
    with contextlib.suppress(OSError):
        (folder / _MARKER).unlink(missing_ok=True)
        folder.rmdir()


def _no_patience(_seconds: float) -> None:
    raise ProgressUnreachableError(
        "the KV Store is starting", "kvstore/status", "try again in a minute"
    )


def _is_disabled(service: SplunkRestClient, sleep: Callable[[float], None]) -> bool:
    waited = 0.0
    while True:
        status = kvstore_status(service)
        if status in ("ready", "disabled"):
            return status == "disabled"
        if status != "starting" or waited >= KVSTORE_PATIENCE:
            raise ProgressUnreachableError(
                f"the KV Store is not ready: {status[:_LONGEST_STATUS]}",
                "kvstore/status",
                "nothing is lost: the next run goes on from here; if it lasts, look for KV Store "
                "messages in splunkd.log and mongod.log",
            )
        sleep(_PAUSE)
        waited += _PAUSE


def _folder(checkpoint_dir: Path, input_name: str) -> Path:
    readable = re.sub(r"[^A-Za-z0-9_.-]", "_", input_name)[:60]
    return checkpoint_dir / f"{readable}-{blake2b(input_name.encode(), digest_size=6).hexdigest()}"


def _move(files: FileStore, kvstore: KvStore) -> None:
    """Copies the state last: until it is there, the move starts over."""
    state = files.load_state()
    if state is not None and kvstore.load_state() is None:
        for ids in files.ids_between(*ALWAYS):
            kvstore.add_ids(ids)
        kvstore.save_state(state)
    files.forget()


def _refuse_if_marked(marker: Path) -> None:
    if marker.exists():
        raise ConfigurationError(
            "the KV Store is switched off, but holds the progress of this input",
            str(marker),
            f"switch the KV Store on; or, to start anew and double events, delete {marker}",
        )


def _mark(marker: Path) -> None:
    try:
        marker.parent.mkdir(parents=True, exist_ok=True)
        marker.touch()
    except OSError as fault:
        raise ProgressUnreachableError(
            f"the checkpoint directory cannot be written: {fault.strerror}",
            str(marker),
            "make room on the disk, and give Splunk's user the right to write there",
        ) from fault
