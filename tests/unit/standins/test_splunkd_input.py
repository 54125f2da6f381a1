"""How the packaged input is started, watched and stopped; and the command line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.standins.splunkd import Event, Splunkd, SplunkdSwitches, StopWhen
from tests.standins.splunkd.home import PackageError
from tests.unit.standins.splunkd_sample import ALL, APP, FILES, make_package, open_splunkd

INPUT = "invicti_auditlogs://prod"


@pytest.fixture(name="splunkd")
def _splunkd(tmp_path: Path) -> Iterator[Splunkd]:
    with open_splunkd(tmp_path) as splunkd:
        splunkd.set_input("prod", account="main", index="invicti")
        yield splunkd


def environment(splunkd: Splunkd) -> dict[str, Any]:
    """What the input's process says of itself."""
    splunkd.set_input("prod", account="main", index="invicti", mode="environment", count="1")
    found: dict[str, Any] = json.loads(splunkd.run_input("prod").events[0].data)
    return found


def test_a_run_gives_its_events(splunkd: Splunkd) -> None:
    run = splunkd.run_input("prod")
    assert (run.exit_code, run.stream_error, run.stderr) == (0, None, "")
    assert run.event_count == len(run.events) == 3
    first = run.events[0]
    assert (first.stanza, first.source, first.host) == (INPUT, INPUT, "tenant")
    assert (first.time, first.index, first.sourcetype) == (1700000000.0, "invicti", "sample")
    assert json.loads(first.data)["text"] == "Jos\u00e9 <&> \U0001f600"
    assert 0 < run.cpu_seconds < 30
    assert 0 < run.seconds < 60


def test_the_environment_is_splunks_alone(
    splunkd: Splunkd, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", "/nowhere")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example")
    found = environment(splunkd)["env"]
    assert found["SPLUNK_HOME"] == str(splunkd.home.path)
    assert found["SPLUNK_DB"] == str(splunkd.home.path / "var" / "lib" / "splunk")
    assert found["LANG"] == "C.UTF-8"
    allowed = {"PATH", "HOME", "LANG", "LD_LIBRARY_PATH", "LC_CTYPE"}
    assert {name for name in found if not name.startswith("SPLUNK_")} <= allowed
    assert splunkd.session_key not in str(found)


def test_lang_and_directory_are_switches(splunkd: Splunkd, tmp_path: Path) -> None:
    assert environment(splunkd)["cwd"] == "/"
    splunkd.set(lang=None, working_directory=str(tmp_path))
    found = environment(splunkd)
    assert found["cwd"] == str(tmp_path)
    assert "LANG" not in found["env"]


def test_the_process_is_started_as_splunkd_starts_it(splunkd: Splunkd) -> None:
    found = environment(splunkd)
    assert found["argv"] == [str(splunkd.app_dir / "bin" / "invicti_auditlogs.py")]
    assert found["executable"].startswith(str(splunkd.home.path / "bin" / "python3"))
    packages = [path for path in found["path"] if path.endswith("site-packages")]
    assert packages == [
        str(
            Path(found["executable"]).parents[1]
            / "lib"
            / Path(found["executable"]).name
            / "site-packages"
        )
    ]
    assert [name for name in found["fds"] if int(name) > 3] == []


def test_the_definition_holds_the_resolved_settings(splunkd: Splunkd) -> None:
    found = environment(splunkd)
    assert found["settings"] == {
        "__app": APP,
        "_rcvbuf": "1572864",
        "account": "main",
        "count": "1",
        "disabled": "0",
        "host": "splunk-forwarder",
        "index": "invicti",
        "interval": "300",
        "mode": "environment",
        "python.required": "3.9,3.13",
        "python.version": "python3",
    }
    assert found["metadata"] == {
        "server_host": "splunk-forwarder",
        "server_uri": splunkd.management_uri,
        "session_key": splunkd.session_key,
        "checkpoint_dir": str(splunkd.checkpoint_dir),
    }
    assert splunkd.checkpoint_dir.is_dir()


def test_an_input_that_does_not_exist(splunkd: Splunkd) -> None:
    with pytest.raises(KeyError, match="nothing"):
        splunkd.run_input("nothing")


def test_a_failure_is_seen(splunkd: Splunkd) -> None:
    splunkd.set_input("prod", account="main", index="invicti", mode="fail")
    run = splunkd.run_input("prod")
    assert (run.exit_code, run.events, run.stderr) == (3, [], "ERROR it failed\n")
    assert "ERROR it failed" in (splunkd.log_dir / "splunkd.log").read_text()
    assert splunkd.log_text() == ""


def test_the_log_text_is_the_add_ons(splunkd: Splunkd) -> None:
    (splunkd.log_dir / "invicti_prod.log").write_text("new\n")
    (splunkd.log_dir / "invicti_prod.log.1").write_text("old\n")
    assert splunkd.log_text() == "new\nold\n"


@pytest.mark.parametrize(
    "raw", ["no xml", "<stream><event/></stream>", "<stream>", "<stream></stream>\x00"]
)
def test_a_wrong_stream_is_an_error_of_the_run(splunkd: Splunkd, raw: str) -> None:
    splunkd.configuration.update(
        APP, "inputs", INPUT, {"mode": "raw", "raw": raw.replace("\x00", "x")}
    )
    assert splunkd.run_input("prod").stream_error is not None


def test_no_output_is_no_error(splunkd: Splunkd) -> None:
    splunkd.set_input("prod", account="main", index="invicti", count="0")
    run = splunkd.run_input("prod")
    assert (run.exit_code, run.event_count, run.stream_error) == (0, 0, None)


def test_kill_at_the_nth_event(splunkd: Splunkd) -> None:
    splunkd.set_input("prod", account="main", index="invicti", mode="slow", count="100000")
    run = splunkd.run_input("prod", kill_after_events=5)
    assert run.exit_code == -9
    assert 5 <= len(run.events) < 50
    assert run.stream_error is None


@pytest.mark.parametrize(("size", "most"), [(4096, 60), (None, 10_000)])
def test_a_small_pipe_makes_a_kill_precise(splunkd: Splunkd, size: int | None, most: int) -> None:
    splunkd.set(pipe_bytes=size)
    splunkd.set_input("prod", account="main", index="invicti", count="100000")
    run = splunkd.run_input("prod", kill_after_events=2, on_event=lambda _: time.sleep(0.05))
    assert run.exit_code == -9
    assert 2 <= run.event_count < most
    if size is None:
        assert run.event_count > 100


def test_kill_after_a_time(splunkd: Splunkd) -> None:
    splunkd.set_input("prod", account="main", index="invicti", mode="slow", count="100000")
    run = splunkd.run_input("prod", kill_after_seconds=0.5)
    assert run.exit_code == -9
    assert 0.4 < run.seconds < 30


def test_terminate_lets_the_input_end_its_stream(splunkd: Splunkd) -> None:
    splunkd.set_input("prod", account="main", index="invicti", mode="slow", count="100000")
    run = splunkd.run_input("prod", terminate_after_events=5)
    assert (run.exit_code, run.stream_error) == (0, None)
    assert run.event_count >= 5
    run = splunkd.run_input("prod", terminate_after_seconds=3.0)
    assert (run.exit_code, run.stream_error) == (0, None)


def test_a_run_that_does_not_end_is_ended(splunkd: Splunkd) -> None:
    splunkd.set_input("prod", account="main", index="invicti", mode="slow", count="100000")
    run = splunkd.run_input("prod", timeout=0.5)
    assert run.timed_out
    assert run.exit_code == -9


def test_two_at_the_same_time(splunkd: Splunkd) -> None:
    splunkd.set_input("prod", account="main", index="invicti", mode="slow", count="100000")
    first, second = splunkd.start_input("prod"), splunkd.start_input("prod", stop=StopWhen())
    while min(first.event_count, second.event_count) < 3:
        time.sleep(0.01)
    assert first.running
    first.kill()
    second.terminate()
    assert (first.wait().exit_code, second.wait().exit_code) == (-9, 0)


def test_the_end_of_splunkd_is_the_end_of_its_inputs(tmp_path: Path) -> None:
    with open_splunkd(tmp_path) as splunkd:
        splunkd.set_input("prod", account="main", index="i", mode="slow", count="100000")
        process = splunkd.start_input("prod")
    with pytest.raises(ProcessLookupError):
        os.kill(process.pid, 0)


def test_events_are_handed_over_and_need_not_be_kept(splunkd: Splunkd) -> None:
    seen: list[Event] = []
    run = splunkd.run_input("prod", on_event=seen.append, keep_events=False)
    assert (run.events, run.event_count, len(seen)) == ([], 3, 3)


def test_peak_memory_is_the_inputs_own(splunkd: Splunkd) -> None:
    ballast = bytearray(150 * 1024 * 1024)
    plain = splunkd.run_input("prod").peak_rss_kib
    splunkd.set_input("prod", account="main", index="invicti", mode="hog")
    hog = splunkd.run_input("prod").peak_rss_kib
    assert len(ballast) > 0
    assert plain < 80 * 1024
    assert 70 * 1024 < hog - plain < 90 * 1024


def test_scheme_and_validation(splunkd: Splunkd) -> None:
    assert splunkd.scheme().startswith("<scheme>")
    assert splunkd.introspection().arguments == {"account": True, "mode": False, "count": False}
    assert splunkd.validate("prod", account="main").exit_code == 0
    outcome = splunkd.validate("prod", account="<nix>")
    assert (outcome.exit_code, outcome.message) == (1, "unknown account <<nix>>")


def test_solnlib_finds_the_splunk_package(tmp_path: Path) -> None:
    package = make_package(tmp_path / "sample.tar.gz", libraries=ALL)
    with Splunkd(package, tmp_path / "home") as splunkd:
        splunkd.set_input("prod", account="main", index="i", mode="solnlib", count="1")
        run = splunkd.run_input("prod")
        assert run.exit_code == 0, run.stderr
        assert json.loads(run.events[0].data) == {"uri": splunkd.management_uri}
        assert "a line of the log" in (splunkd.log_dir / "sample_prod.log").read_text()
        assert "a line of the log" in splunkd.log_text()


def test_a_package_must_hold_one_safe_folder(tmp_path: Path) -> None:
    package = make_package(tmp_path / "sample.tar.gz")
    for name in ("other/file", f"{APP}/../../escape"):
        bad = tmp_path / "bad.tar.gz"
        with tarfile.open(bad, "w:gz") as archive:
            archive.add(package, f"{APP}/ok")
            archive.add(package, name)
        with pytest.raises(PackageError):
            Splunkd(bad, tmp_path / "bad")


def test_an_upgrade_keeps_local_settings(tmp_path: Path) -> None:
    with open_splunkd(tmp_path) as first:
        first.set_input("prod", account="main", index="invicti")
    newer = make_package(
        tmp_path / "newer.tar.gz",
        {**FILES, "default/inputs.conf": "[invicti_auditlogs]\nnew = 1\n"},
    )
    with Splunkd(newer, tmp_path / "home") as second:
        settings = second.input_settings("prod")
    assert settings is not None
    assert (settings["index"], settings["new"]) == ("invicti", "1")


def cli(tmp_path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    package = make_package(tmp_path / "sample.tar.gz")
    return subprocess.run(
        [sys.executable, "-m", "tests.standins.splunkd", str(package), *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=Path(__file__).parents[3],
    )


def test_by_hand_prints_events_as_json_lines(tmp_path: Path) -> None:
    settings = tmp_path / "settings.ini"
    settings.write_text(
        "[account main]\nbase_url = https://a.example\nuser_id = u\napi_token = t\n"
        "[input prod]\nindex = invicti\ncount = 9\n[logging]\nloglevel = DEBUG\n"
    )
    home = tmp_path / "kept"
    done = cli(tmp_path, "--settings", str(settings), "--input", "count=2", "--home", str(home))
    assert done.returncode == 0, done.stderr
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert [event["data"]["number"] for event in events] == [0, 1]
    assert "2 events" in done.stderr
    local = home / "etc" / "apps" / APP / "local"
    assert "loglevel = DEBUG" in (local / "ta_invicti_auditlogs_settings.conf").read_text()
    assert "api_token = ******" in (local / "ta_invicti_auditlogs_account.conf").read_text()


def test_by_hand_repeats_every_interval(tmp_path: Path) -> None:
    done = cli(tmp_path, "--input", "index=i", "--input", "interval=0.2", "--repeat", "--runs", "2")
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 6


def test_by_hand_validates_and_shows_the_scheme(tmp_path: Path) -> None:
    assert cli(tmp_path, "--scheme").stdout.startswith("<scheme>")
    assert cli(tmp_path, "--validate").stdout == "valid\n"
    done = cli(tmp_path, "--validate", "--input", "account=x")
    assert (done.returncode, done.stdout) == (1, "unknown account <x>\n")


def test_by_hand_every_switch_is_an_option(tmp_path: Path) -> None:
    text = " ".join(cli(tmp_path, "--help").stdout.split())
    for name in SplunkdSwitches.__dataclass_fields__:
        assert "--" + name.replace("_", "-") in text


def test_by_hand_says_what_is_missing(tmp_path: Path) -> None:
    done = cli(tmp_path, "--account", "base_url=https://a.example")
    assert done.returncode != 0
    assert "api_token, user_id" in done.stderr
