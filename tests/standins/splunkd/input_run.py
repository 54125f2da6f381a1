"""How splunkd runs a modular input: what it puts on standard input, and in which environment.

"Create modular inputs" and "Modular inputs configuration" in Splunk's developer manual: the script
is run with ``--scheme`` (introspection), ``--validate-arguments`` and an ``<items>`` document, or
without arguments and an ``<input>`` document. ``splunklib.modularinput`` parses these very
documents (``InputDefinition.parse``, ``ValidationDefinition.parse``).
"""

from __future__ import annotations

import os
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import Path

from tests.standins.splunkd import conf_file
from tests.standins.splunkd.conf import Configuration
from tests.standins.splunkd.home import Home
from tests.standins.splunkd.switches import SplunkdSwitches


@dataclass(frozen=True)
class Validation:
    """The outcome of ``--validate-arguments``; ``message`` is what Splunk Web shows."""

    exit_code: int
    message: str | None
    stderr: str = ""


@dataclass(frozen=True)
class Scheme:
    """What the introspection said, as far as it changes how splunkd runs the script."""

    use_external_validation: bool
    use_single_instance: bool
    streaming_mode: str
    arguments: dict[str, bool]  # name → required on create

    @classmethod
    def parse(cls, xml: str) -> Scheme:
        """Read a ``<scheme>`` ("Define a scheme for introspection": the defaults)."""
        root = ET.fromstring(xml)  # noqa: S314 - written by the add-on under test
        if root.tag != "scheme":
            raise ValueError(f"--scheme wrote <{root.tag}>, not <scheme>")
        arguments = {
            str(node.get("name")): (node.findtext("required_on_create") or "true").lower()
            in {"true", "1"}
            for node in root.findall("endpoint/args/arg")
        }
        return cls(
            _flag(root.findtext("use_external_validation")),
            _flag(root.findtext("use_single_instance")),
            (root.findtext("streaming_mode") or "simple").lower(),
            arguments,
        )


def _flag(text: str | None) -> bool:
    return (text or "false").strip().lower() in {"true", "1"}


def environment(home: Home, switches: SplunkdSwitches) -> dict[str, str]:
    """The whole environment of the process; nothing is inherited.

    splunk-launch.conf.spec (``SPLUNK_HOME``, ``SPLUNK_DB``, ``SPLUNK_SERVER_NAME``) and "Writing
    reliable scripts" (scripts get Splunk's environment: its ``PATH`` and library path first).
    Proxies and ``PYTHONPATH`` of a person's shell are not there: splunkd is a service.
    """
    variables = {
        "SPLUNK_HOME": str(home.path),
        "SPLUNK_DB": str(home.splunk_db),
        "SPLUNK_ETC": str(home.path / "etc"),
        "SPLUNK_SERVER_NAME": "Splunkd",
        "SPLUNK_WEB_NAME": "splunkweb",
        "PATH": f"{home.path}/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "LD_LIBRARY_PATH": f"{home.path}/lib",
        "HOME": str(home.path),
    }
    if switches.lang is not None:
        variables["LANG"] = switches.lang
    return {**variables, **_measurement()}


def _measurement() -> dict[str, str]:
    """What `make coverage` adds to every process; nothing in any other run."""
    if "PACKAGED_PYTHONPATH" not in os.environ:
        return {}
    names = ("COVERAGE_FOLDER", "COVERAGE_PROCESS_START")
    measured = {name: os.environ[name] for name in names}
    return {**measured, "PYTHONPATH": os.environ["PACKAGED_PYTHONPATH"]}


def checkpoint_dir(home: Home, scheme: str) -> Path:
    """``$SPLUNK_DB/modinputs/<scheme>`` ("Data checkpoints"), which splunkd makes."""
    path = home.splunk_db / "modinputs" / scheme
    path.mkdir(parents=True, exist_ok=True)
    return path


def input_settings(
    configuration: Configuration, app: str, scheme: str, name: str
) -> dict[str, str] | None:
    """A stanza as it runs: ``[default]``, then ``[<scheme>]``, then ``[<scheme>://<name>]``.

    inputs.conf.spec: settings of ``[default]`` count for every input; "Modular inputs
    configuration": a stanza with the scheme's name holds the defaults of all its inputs.
    """
    stanza = f"{scheme}://{name}"
    layers = [
        configuration.layer(other, "inputs") for other in configuration.visible_apps(app, "inputs")
    ]
    merged = conf_file.overlay(*layers)
    if stanza not in merged:
        return None
    return {**merged.get(conf_file.DEFAULT, {}), **merged.get(scheme, {}), **merged[stanza]}


def input_definition(
    metadata: dict[str, str], stanzas: dict[str, tuple[str, dict[str, str]]]
) -> str:
    """The ``<input>`` document: stanza name → (app, settings)."""
    root = ET.Element("input")
    _metadata(root, metadata)
    configuration = ET.SubElement(root, "configuration")
    for name, (app, settings) in stanzas.items():
        node = ET.SubElement(configuration, "stanza", {"name": name, "app": app})
        for key, value in sorted(settings.items()):
            ET.SubElement(node, "param", {"name": key}).text = value
    return _document(root)


def validation_items(metadata: dict[str, str], name: str, settings: dict[str, str]) -> str:
    """The ``<items>`` document of ``--validate-arguments``; the item has the bare input name."""
    root = ET.Element("items")
    _metadata(root, metadata)
    item = ET.SubElement(root, "item", {"name": name})
    for key, value in sorted(settings.items()):
        ET.SubElement(item, "param", {"name": key}).text = value
    return _document(root)


def _metadata(root: ET.Element, metadata: dict[str, str]) -> None:
    for key in ("server_host", "server_uri", "session_key", "checkpoint_dir"):
        ET.SubElement(root, key).text = metadata[key]


def _document(root: ET.Element) -> str:
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def error_message(stdout: str) -> str | None:
    """The text of ``<error><message>`` ("Set up external validation"); None if there is none."""
    if not stdout.strip():
        return None
    try:
        root = ET.fromstring(stdout)  # noqa: S314 - written by the add-on under test
    except ET.ParseError as error:
        raise ValueError(f"--validate-arguments wrote no XML: {error}: {stdout[:200]!r}") from error
    if root.tag != "error":
        raise ValueError(f"--validate-arguments wrote <{root.tag}>, not <error>")
    return root.findtext("message")
