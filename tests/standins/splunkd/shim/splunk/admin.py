"""``splunk.admin``: the base of REST handlers that run outside splunkd ("admin_external").

What ``splunktaucclib.rest_handler.admin_external`` uses of it: ``MConfigHandler`` with
``callerArgs.id``, ``callerArgs.data`` (lists of values, None for an empty one),
``requestedAction``, ``supportedArgs.addReqArg/addOptArg``, ``getSessionKey``; ``confInfo[name]``
with ``setMetadata``; ``init(handler, ctxInfo=…)``, called by the handler's script. splunkd asks
for the supported arguments first (``setup``), refuses what does not fit, then has the action
carried out. Between splunkd and this module runs a protocol of Splunk's own; here it is JSON on
standard input and output.
"""

# ruff: noqa: N802, N803, N815, N818 - the names are Splunk's

from __future__ import annotations

import json
import sys
import traceback
from typing import Any

import __main__

ACTION_CREATE = 1
ACTION_LIST = 2
ACTION_EDIT = 4
ACTION_REMOVE = 8
ACTION_MEMBERS = 16
ACTION_RELOAD = 32

CONTEXT_NONE = 1
CONTEXT_APP_ONLY = 2
CONTEXT_APP_AND_USER = 3

EAI_META_PREFIX = "eai:"
EAI_ENTRY_ACL = "eai:acl"


class AdminManagerException(Exception):
    """Errors that splunkd knows and answers as such."""

    status = 500


class AlreadyExistsException(AdminManagerException):
    """409."""

    status = 409


class NotFoundException(AdminManagerException):
    """404."""

    status = 404


class ArgValidationException(AdminManagerException):
    """400."""

    status = 400


class BadActionException(AdminManagerException):
    """400."""

    status = 400


class BadProgrammerException(AdminManagerException):
    """500."""


class InternalException(AdminManagerException):
    """500."""


class ServiceUnavailableException(AdminManagerException):
    """503."""

    status = 503


class CallerArgs:
    """What the caller sent: the object's name and its settings."""

    def __init__(self, name: str | None, data: dict[str, list[str | None]]) -> None:
        self.id = name
        self.data = data

    def __getitem__(self, key: str) -> list[str | None]:
        return self.data[key]

    def __contains__(self, key: str) -> bool:
        return key in self.data

    def get(self, key: str, default: Any = None) -> Any:
        """A setting, or the default."""
        return self.data.get(key, default)


class SupportedArgs:
    """Which settings a handler takes."""

    def __init__(self) -> None:
        self.required: list[str] = []
        self.optional: list[str] = []

    def addReqArg(self, name: str) -> None:
        """One that must be given."""
        self.required.append(name)

    def addOptArg(self, name: str) -> None:
        """One that may be given."""
        self.optional.append(name)


class ConfigItem(dict[str, Any]):
    """One object of the answer."""

    def __init__(self) -> None:
        dict.__init__(self)
        self.metadata: dict[str, Any] = {}

    def append(self, key: str, value: Any) -> None:
        """Set a field."""
        self[key] = value

    def setMetadata(self, key: str, value: Any) -> None:
        """Set a field that is about the object, such as its access control."""
        self.metadata[key] = value


class ConfigInfo(dict[str, ConfigItem]):
    """The objects of the answer by name; asking for one makes it."""

    def __init__(self) -> None:
        dict.__init__(self)
        self.messages: list[tuple[str, str]] = []

    def __missing__(self, key: str) -> ConfigItem:
        item = self[key] = ConfigItem()
        return item

    def addErrorMsg(self, text: str) -> None:
        """Show an error."""
        self.messages.append(("ERROR", text))

    def addWarnMsg(self, text: str) -> None:
        """Show a warning."""
        self.messages.append(("WARN", text))

    def addInfoMsg(self, text: str) -> None:
        """Show a notice."""
        self.messages.append(("INFO", text))


class MConfigHandler:
    """Base of all handlers; the request is read from standard input."""

    def __init__(self, scriptMode: str, ctxInfo: int, request: dict[str, Any]) -> None:
        self._mode = scriptMode
        self.context = ctxInfo
        self.requestedAction: int = request["action"]
        self.callerArgs = CallerArgs(request["id"], request["args"])
        self.supportedArgs = SupportedArgs()
        self.customAction = request.get("custom", "")
        self.userName = request["owner"]
        self.appName = request["app"]
        self.maxCount = 0
        self.posOffset = 0
        self.shouldAutoList = True
        self.shouldReload = False
        self.restartRequired = False

    def getSessionKey(self) -> str:
        """The key that splunkd handed over."""
        return str(getattr(__main__, "___sessionKey"))

    def setup(self) -> None:
        """Say which arguments are taken."""
        raise BadProgrammerException("This python handler has not implemented a setup function.")

    def execute(self, confInfo: ConfigInfo) -> None:
        """Carry out the action."""
        if self.customAction:
            self.handleCustom(confInfo)
            return
        handlers = {
            ACTION_CREATE: self.handleCreate,
            ACTION_LIST: self.handleList,
            ACTION_EDIT: self.handleEdit,
            ACTION_REMOVE: self.handleRemove,
            ACTION_RELOAD: self.handleReload,
        }
        handlers[self.requestedAction](confInfo)

    def _unsupported(self, confInfo: ConfigInfo) -> None:  # noqa: ARG002
        raise BadProgrammerException(
            f"This handler does not implement action {self.requestedAction}"
        )

    handleCreate = handleList = handleEdit = handleRemove = _unsupported
    handleReload = handleCustom = handleMembers = _unsupported


def _check_arguments(handler: MConfigHandler) -> None:
    """What splunkd does between setup and the action: required ones there, no others given."""
    supported = handler.supportedArgs
    given = set(handler.callerArgs.data)
    missing = [name for name in supported.required if name not in given]
    if missing:
        names = ", ".join(f"'{name}'" for name in missing)
        raise ArgValidationException(f"The following required arguments are missing: {names}.")
    known = {*supported.required, *supported.optional}
    if not any("*" in name for name in known):
        for name in sorted(given - known):
            raise ArgValidationException(f'Argument "{name}" is not supported by this handler.')


def _run(
    handler_class: type[MConfigHandler], context: int, request: dict[str, Any]
) -> dict[str, Any]:
    handler = handler_class("persistent", context, request)
    handler.setup()
    _check_arguments(handler)
    information = ConfigInfo()
    handler.execute(information)
    return {
        "items": [
            {"name": name, "content": dict(item), "metadata": item.metadata}
            for name, item in information.items()
        ],
        "messages": information.messages,
    }


def init(handler: type[MConfigHandler], ctxInfo: int) -> None:
    """Serve one request. Whatever the handler prints must not mix with the answer."""
    request = json.loads(sys.stdin.read())
    setattr(__main__, "___sessionKey", request["session_key"])
    answer_to, sys.stdout = sys.stdout, sys.stderr
    try:
        answer = _run(handler, ctxInfo, request)
    except Exception as error:  # noqa: BLE001 - splunkd is told of any
        traceback.print_exc()
        answer = {
            "error": str(error),
            "type": str(type(error)),
            "status": getattr(error, "status", 500)
            if isinstance(error, AdminManagerException)
            else None,
        }
    answer_to.write(json.dumps(answer, default=str))
    answer_to.flush()
