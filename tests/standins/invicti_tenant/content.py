"""What a record says: who did what through which endpoint, a pure function of (seed, key, time)."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Callable
from uuid import UUID

from . import cast
from .activity import API, BACKGROUND, WEB, hour_of_week
from .catalogue import ENDPOINTS, KINDS, TOTALS, Kind, kind_at, usual_endpoint
from .clock import TICKS
from .dice import Dice
from .flow import GROWN, Flow
from .profile import API_USER_EMAIL, API_USER_NAME
from .requests_seen import SIGN_INS, request_data

_STRATUM = 4096  # every type occurs at least once in so many records


def describe(flow: Flow, key: int, created: int, *, own: bool, user: UUID) -> dict[str, Any]:
    """The fields that do not depend on how records are shown; UserId is a UUID or None."""
    dice = Dice(flow.seed, "content", key)
    hour = hour_of_week(created / TICKS)
    kind, endpoint = _what(flow.seed, key, hour, dice, own=own)
    things = Things(dice)
    name, email, identity = (
        (API_USER_NAME, API_USER_EMAIL, user) if own else _who(kind, endpoint, hour, dice)
    )
    if kind.name in SIGN_INS and email:
        things["email"] = email
    message = kind.message.format_map(things) if kind.message and dice.below(25) else None
    return {
        "EndpointType": ENDPOINTS[endpoint],
        "Type": kind.name,
        "UserEmail": email,
        "UserId": identity,
        "UserName": name,
        "Message": message,
        "RequestData": request_data(kind.name, endpoint, things, dice),
    }


def _what(seed: int, key: int, hour: int, dice: Dice, *, own: bool) -> tuple[Kind, int]:
    """Type and endpoint; by night rather background tasks, at noon rather people."""
    if own:  # the collector's own user is seen through the API, and sometimes in the web interface
        endpoint = 0 if dice.below(6) == 0 else 1
        return kind_at(endpoint, dice.below(TOTALS[endpoint])), endpoint
    stratum, place = divmod(key, _STRATUM)
    turn = (place * 1009 + _shift(seed, stratum)) % _STRATUM
    if turn < len(KINDS) and key < GROWN:
        return KINDS[turn], usual_endpoint(KINDS[turn])
    web, api = WEB[hour], API[hour]
    throw = dice.fraction() * (web + api + BACKGROUND[hour])
    endpoint = 0 if throw < web else 1 if throw < web + api else 2
    return kind_at(endpoint, dice.below(TOTALS[endpoint])), endpoint


@lru_cache(maxsize=64)
def _shift(seed: int, stratum: int) -> int:
    return Dice(seed, "stratum", stratum).below(_STRATUM)


def _who(
    kind: Kind, endpoint: int, hour: int, dice: Dice
) -> tuple[str | None, str | None, UUID | None]:
    """Name, address, id: none for most background tasks and failed sign-ins (api 2.1 [I])."""
    if endpoint == 2 and dice.below(4):
        return None, None, None
    if kind.name == "LoginAttemptFailed" and dice.below(3):
        return None, f"{dice.pick(('admin', 'root', 'test', 'jose.garcia'))}@acme.example", None
    if endpoint == 1 and dice.below(10):
        person = dice.pick(cast.MACHINE_USERS)
    else:
        first, second = dice.pick(cast.PEOPLE), dice.pick(cast.PEOPLE)
        person = first if 7 <= (hour + first.hours) % 24 <= 19 else second
    return person.name, person.email, person.identity


class Things(dict[str, str]):
    """Names of the tenant's things for a message, thrown when they are first asked for."""

    def __init__(self, dice: Dice) -> None:
        super().__init__()
        self.dice = dice

    def __missing__(self, name: str) -> str:
        value = _THINGS[name](self)
        self[name] = value
        return value


def _site(things: Things, part: int) -> str:
    site = things.dice.pick(cast.SITES)
    things["site"], things["url"] = site
    return site[part]


def _person(things: Things, part: int) -> str:
    person = things.dice.pick(cast.PEOPLE)
    things["person"], things["email"] = person.name, person.email
    return (person.name, person.email)[part]


def _pick(name: str) -> Callable[[Things], str]:
    choices: tuple[str, ...] = getattr(cast, name)
    return lambda things: things.dice.pick(choices)


_THINGS: dict[str, Callable[[Things], str]] = {
    "person": lambda things: _person(things, 0),
    "email": lambda things: _person(things, 1),
    "site": lambda things: _site(things, 0),
    "url": lambda things: _site(things, 1),
    "ip": lambda things: (
        f"{things.dice.pick(('192.0.2', '198.51.100', '203.0.113'))}.{things.dice.below(254) + 1}"
    ),
    "id": lambda things: f"{things.dice.below(1 << 64):016x}",
    "count": lambda things: str(things.dice.below(90) + 1),
    "change": lambda things: things.dice.pick(cast.CHANGES).format_map(things),
    "policy": _pick("POLICIES"),
    "role": _pick("ROLES"),
    "team": _pick("TEAMS"),
    "group": _pick("GROUPS"),
    "agent": _pick("AGENTS"),
    "agents": _pick("AGENT_GROUPS"),
    "profile": _pick("PROFILES"),
    "rule": _pick("RULES"),
    "issue": _pick("ISSUES"),
    "tag": _pick("TAGS"),
    "zone": _pick("ZONES"),
    "scan": _pick("SCANS"),
    "severity": _pick("SEVERITIES"),
}
