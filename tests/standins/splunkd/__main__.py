"""Runs the packaged input by hand: ``python -m tests.standins.splunkd --help``."""

from __future__ import annotations

import argparse
import configparser
import json
import re
import sys
import tempfile
import textwrap
import time
from dataclasses import MISSING, asdict, fields
from pathlib import Path
from typing import Any

from tests.standins.splunkd.splunkd import Splunkd
from tests.standins.splunkd.stream import Event
from tests.standins.splunkd.switches import SplunkdSwitches

_SETTINGS_HELP = """\
A settings file has the sections [account <name>], [input <name>], [logging] and [proxy], with the
settings of the add-on in them (base_url, user_id, api_token, …; account, index, start_date, …).
What is said by options counts more.
"""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.standins.splunkd",
        description="A stand-in for splunkd: installs the package, configures an input, runs it "
        "and prints its events as JSON lines.",
        epilog=_SETTINGS_HELP,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("package", type=Path, help="the add-on's .tar.gz")
    parser.add_argument("--home", type=Path, help="SPLUNK_HOME, kept; default: a temporary one")
    parser.add_argument("--python", type=Path, default=Path(sys.executable), help="Splunk's own")
    parser.add_argument("--settings", type=Path, help="a file with accounts and inputs, see below")
    for name in ("account", "input", "logging", "proxy"):
        parser.add_argument(
            f"--{name}",
            action="append",
            default=[],
            metavar="KEY=VALUE",
            help=f"a setting of the {name}; may be repeated",
        )
    parser.add_argument("--account-name", default="main", help="default: main")
    parser.add_argument("--input-name", default="prod", help="default: prod")
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--scheme", action="store_true", help="print the scheme and end")
    mode.add_argument("--validate", action="store_true", help="validate the input and end")
    mode.add_argument("--serve", action="store_true", help="only serve REST, until interrupted")
    mode.add_argument("--repeat", action="store_true", help="run again every `interval` seconds")
    parser.add_argument("--runs", type=int, default=0, help="with --repeat: end after so many runs")
    parser.add_argument("--timeout", type=float, default=3600.0, help="seconds for one run")
    for action in ("kill", "terminate"):
        parser.add_argument(
            f"--{action}-after-events", type=int, help=f"{action} at the n-th event"
        )
        parser.add_argument(f"--{action}-after-seconds", type=float, help=f"{action} after seconds")
    _add_switches(parser.add_argument_group("switches", "the state and faults of this splunkd"))
    return parser


def _switch_help() -> dict[str, str]:
    """What the documentation of the switches says of each."""
    text = textwrap.dedent("    " + str(SplunkdSwitches.__doc__)).partition("Attributes:\n")[2]
    found = re.findall(r"^ {4}(\w+): (.*(?:\n {8}.*)*)", text, re.MULTILINE)
    return {name: " ".join(words.replace("``", "").split()) for name, words in found}


def _add_switches(group: argparse._ArgumentGroup) -> None:
    """Every switch is an option of the same name."""
    helps = _switch_help()
    for field in fields(SplunkdSwitches):
        default = field.default
        option = "--" + field.name.replace("_", "-")
        if isinstance(default, bool):
            group.add_argument(option, action="store_true", dest=field.name, help=helps[field.name])
        elif isinstance(default, tuple):
            group.add_argument(
                option,
                nargs="*",
                default=default,
                dest=field.name,
                metavar="NAME",
                help=helps[field.name],
            )
        else:
            group.add_argument(
                option,
                type=_kind(str(field.type)),
                default=None if default is MISSING else default,
                dest=field.name,
                metavar="VALUE",
                help=f"{helps[field.name]} Default: {default}.",
            )


def _kind(annotation: str) -> type:
    if "float" in annotation:
        return float
    return int if "int" in annotation else str


def _pairs(texts: list[str]) -> dict[str, str]:
    pairs = {}
    for text in texts:
        key, equals, value = text.partition("=")
        if not equals:
            raise SystemExit(f"{text!r} is not KEY=VALUE")
        pairs[key] = value
    return pairs


Sections = dict[str, dict[str, dict[str, str]]]


def _sections(arguments: argparse.Namespace) -> Sections:
    """What the file and the options say: kind → name → settings."""
    sections: Sections = {"account": {}, "input": {}, "setting": {}}
    if arguments.settings is not None:
        parser = configparser.ConfigParser(interpolation=None)
        parser.read_string(arguments.settings.read_text(encoding="utf-8"))
        for section in parser.sections():
            kind, _, name = section.partition(" ")
            sections.get(kind, sections["setting"])[name or kind] = dict(parser[section])
    for kind, name, texts in (
        ("account", arguments.account_name, arguments.account),
        ("input", arguments.input_name, arguments.input),
        ("setting", "logging", arguments.logging),
        ("setting", "proxy", arguments.proxy),
    ):
        sections[kind].setdefault(name, {}).update(_pairs(texts))
    return sections


def _configure(splunkd: Splunkd, arguments: argparse.Namespace) -> None:
    """Save what was said; an account or a tab of which nothing was said is left as it is."""
    sections = _sections(arguments)
    for name, values in sections["account"].items():
        if values:
            splunkd.set_account(name, **_account(name, values))
    for name, values in sections["input"].items():
        splunkd.set_input(name, **{"account": arguments.account_name, **values})
    for name, values in sections["setting"].items():
        if values:
            splunkd.set_setting(name, **values)


def _account(name: str, values: dict[str, str]) -> dict[str, Any]:
    missing = {"base_url", "user_id", "api_token"} - set(values)
    if missing:
        raise SystemExit(f"account {name} lacks {', '.join(sorted(missing))}")
    return values


def _print_event(event: Event) -> None:
    values = asdict(event)
    try:
        values["data"] = json.loads(event.data)
    except ValueError:
        values["data"] = event.data
    print(json.dumps(values, ensure_ascii=False), flush=True)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _run_once(splunkd: Splunkd, arguments: argparse.Namespace) -> int:
    splunkd.kvstore.reset_traffic()
    run = splunkd.run_input(
        arguments.input_name,
        arguments.timeout,
        arguments.kill_after_events,
        arguments.kill_after_seconds,
        arguments.terminate_after_events,
        arguments.terminate_after_seconds,
        _print_event,
        keep_events=False,
    )
    store = splunkd.kvstore
    if run.stderr:
        _say(run.stderr.rstrip())
    _say(
        f"exit code {run.exit_code}, {run.event_count} events in {run.seconds:.1f} s, "
        f"{run.cpu_seconds:.1f} s CPU, {run.peak_rss_kib / 1024:.0f} MiB at most; KV Store: "
        f"{store.reads.count} reads, {store.writes.count} writes of {store.writes.bytes} bytes"
    )
    if run.stream_error is not None:
        _say(f"the event stream is wrong: {run.stream_error}")
        return 1
    return run.exit_code


def _repeat(splunkd: Splunkd, arguments: argparse.Namespace) -> int:
    """Run again every interval; as splunkd does, never while the last one still runs."""
    settings = splunkd.input_settings(arguments.input_name) or {}
    interval = float(settings.get("interval", "300"))
    number = code = 0
    while not arguments.runs or number < arguments.runs:
        begun = time.monotonic()
        code = _run_once(splunkd, arguments)
        number += 1
        if not arguments.runs or number < arguments.runs:
            time.sleep(max(0.0, begun + interval - time.monotonic()))
    return code


def _act(splunkd: Splunkd, arguments: argparse.Namespace) -> int:
    if arguments.scheme:
        print(splunkd.scheme())
        return 0
    if arguments.validate:
        settings = splunkd.input_settings(arguments.input_name) or {}
        outcome = splunkd.validate(arguments.input_name, **settings)
        print(outcome.message or "valid")
        return outcome.exit_code
    if arguments.serve:
        _say(f"{splunkd.management_uri} with 'Authorization: Splunk {splunkd.session_key}'")
        while True:
            time.sleep(3600)
    return _repeat(splunkd, arguments) if arguments.repeat else _run_once(splunkd, arguments)


def main() -> int:
    """Parse, configure, run."""
    arguments = _parser().parse_args()
    chosen = {field.name: getattr(arguments, field.name) for field in fields(SplunkdSwitches)}
    chosen["required_event_fields"] = tuple(chosen["required_event_fields"])
    switches = SplunkdSwitches(**chosen)
    with tempfile.TemporaryDirectory(prefix="splunk-") as temporary:
        home = arguments.home or Path(temporary) / "splunk"
        with Splunkd(arguments.package, home, arguments.python, switches) as splunkd:
            _configure(splunkd, arguments)
            try:
                return _act(splunkd, arguments)
            except KeyboardInterrupt:
                return 130


if __name__ == "__main__":
    sys.exit(main())
