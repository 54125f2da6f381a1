"""Functions of the eval language, as far as the packaged confs and searches use them.

https://docs.splunk.com/Documentation/Splunk/latest/SearchReference/CommonEvalFunctions
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from math import ceil, floor
from typing import Any, Callable, NamedTuple

import pcre2

from tests.knowledge import times
from tests.knowledge.unknown import UnknownConstructError
from tests.knowledge.values import Fields, Value, is_equal, number, one, several, text


class Scope(NamedTuple):
    """What an expression is evaluated over: a row, and the time of the search."""

    fields: Fields
    now: float | None


Node = Callable[[Scope], Value]


def _of_one(function: Callable[[Value], Value]) -> Callable[[Value], Value]:
    """A function that is null of null."""
    return lambda value: None if value is None else function(value)


def _of_number(function: Callable[[float], float]) -> Callable[[Value], Value]:
    def applied(value: Value) -> Value:
        found = number(value)
        if value is not None and found is None:
            raise UnknownConstructError(f"a function of numbers of {value!r}")
        return None if found is None else function(found)

    return applied


def _match(value: Value, pattern: Value) -> bool | None:
    if value is None or pattern is None:
        return None
    return pcre2.compile(text(pattern)).search(text(value)) is not None


def _like(value: Value, pattern: Value) -> bool | None:
    if value is None or pattern is None:
        return None
    wanted = re.escape(text(pattern)).replace("%", ".*").replace("_", ".")
    return re.fullmatch(wanted, text(value), re.DOTALL) is not None


def _replace(value: Value, pattern: Value, replacement: Value) -> Value:
    if value is None or pattern is None or replacement is None:
        return None
    done: str = pcre2.compile(text(pattern)).sub(
        lambda match: re.sub(
            r"\\(\d)", lambda group: match.group(int(group[1])) or "", text(replacement)
        ),
        text(value),
    )
    return done


def _decoded(value: Value) -> Any:
    try:
        return json.loads(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _json_valid(value: Value) -> bool | None:
    return None if value is None else isinstance(_decoded(value), (dict, list))


def _json_extract(value: Value, path: Value) -> Value:
    found = _decoded(value)
    if not isinstance(path, str) or not path.isidentifier():
        raise UnknownConstructError(f"json_extract of the path {path}")
    member = found.get(path) if isinstance(found, dict) else None
    return member if member is None or isinstance(member, str) else json.dumps(member)


def _round(value: Value, digits: Value = 0) -> Value:
    found, places = number(value), number(digits)
    if found is None or places is None:
        return None
    unit = Decimal(1).scaleb(-int(places))
    rounded = Decimal(repr(found)).quantize(unit, ROUND_HALF_UP)
    return int(rounded) if places == 0 else float(rounded)


def _tonumber(value: Value) -> Value:
    return number(value)


def _tostring(value: Value, form: Value = None) -> Value:
    if value is None or isinstance(value, bool):
        return None if value is None else str(value)
    found = number(value)
    if form is None:
        return text(value)
    if found is None or form not in ("duration", "commas"):
        raise UnknownConstructError(f"tostring({value!r}, {form!r})")
    return _duration(found) if form == "duration" else _with_commas(found)


def _duration(seconds: float) -> str:
    """Seconds as HH:MM:SS, with days before a plus."""
    if seconds != int(seconds) or seconds < 0:
        raise UnknownConstructError('tostring(x, "duration") of a fraction: round it first')
    days, rest = divmod(int(seconds), 86400)
    clock = f"{rest // 3600:02}:{rest // 60 % 60:02}:{rest % 60:02}"
    return f"{days}+{clock}" if days else clock


def _with_commas(found: float) -> str:
    return f"{int(found):,}" if found == int(found) else f"{found:,.2f}"


def _substr(value: Value, start: Value, length: Value = None) -> Value:
    first, many = number(start), number(length)
    if value is None or first is None:
        return None
    if first < 1:
        raise UnknownConstructError("substr from the end")
    begin = int(first) - 1
    return text(value)[begin : None if many is None else begin + int(many)]


def _trimmed(strip: Callable[[str, str], str]) -> Callable[..., Value]:
    def trimmed(value: Value, characters: Value = " \t") -> Value:
        return None if value is None else strip(text(value), text(characters))

    return trimmed


def _split(value: Value, separator: Value) -> Value:
    return None if value is None else one(text(value).split(text(separator)))


def _mvjoin(values: Value, separator: Value) -> Value:
    return None if values is None else text(separator).join(several(values))


def _mvindex(values: Value, start: Value, end: Value = None) -> Value:
    found = several(values)
    first, last = number(start), number(start if end is None else end)
    if first is None or last is None:
        return None
    begin, until = (int(n) + (len(found) if n < 0 else 0) for n in (first, last))
    return one(found[begin : until + 1]) if 0 <= begin < len(found) else None


def _mvappend(*values: Value) -> Value:
    return one([item for value in values for item in several(value)])


def _mvdedup(values: Value) -> Value:
    return one(list(dict.fromkeys(several(values))))


def _extreme(choose: Callable[[Sequence[float]], float]) -> Callable[..., Value]:
    def chosen(*values: Value) -> Value:
        numbers = [found for value in values if (found := number(value)) is not None]
        if len(numbers) < sum(value is not None for value in values):
            raise UnknownConstructError("min() or max() of texts")
        return choose(numbers) if numbers else None

    return chosen


def _relative_time(moment: Value, modifier: Value) -> Value:
    found = number(moment)
    return None if found is None else times.moment_of(text(modifier), found)


def _strftime(moment: Value, form: Value) -> Value:
    found = number(moment)
    return None if found is None else times.formatted(found, text(form))


def _strptime(value: Value, form: Value) -> Value:
    return None if value is None else times.parsed(text(value), text(form))


def _isnum(value: Value) -> bool:
    return number(value) is not None


def _among(value: Value, *candidates: Value) -> bool | None:
    return None if value is None else any(is_equal(value, each) for each in candidates)


def _nullif(left: Value, right: Value) -> Value:
    return None if is_equal(left, right) else left


def _now(scope: Scope, arguments: list[Node]) -> Value:
    if arguments or scope.now is None:
        raise UnknownConstructError("now() where there is no search")
    return scope.now


def _if(scope: Scope, arguments: list[Node]) -> Value:
    if len(arguments) != 3:
        raise UnknownConstructError(f"if() with {len(arguments)} arguments")
    condition, then, otherwise = arguments
    return then(scope) if condition(scope) is True else otherwise(scope)


def _case(scope: Scope, arguments: list[Node]) -> Value:
    if len(arguments) % 2:
        raise UnknownConstructError("case() with an odd number of arguments")
    pairs = zip(arguments[::2], arguments[1::2])
    return next((value(scope) for condition, value in pairs if condition(scope) is True), None)


def _coalesce(scope: Scope, arguments: list[Node]) -> Value:
    values = (argument(scope) for argument in arguments)
    return next((value for value in values if value is not None), None)


LAZY: dict[str, Callable[[Scope, list[Node]], Value]] = {
    "case": _case,
    "coalesce": _coalesce,
    "if": _if,
    "now": _now,
}
"""Functions that do not need all their arguments, or need more than these."""

FUNCTIONS: dict[str, Callable[..., Value]] = {
    "abs": _of_number(abs),
    "ceiling": _of_number(ceil),
    "false": lambda: False,
    "floor": _of_number(floor),
    "in": _among,
    "isnotnull": lambda value: value is not None,
    "isnull": lambda value: value is None,
    "isnum": _isnum,
    "json_extract": _json_extract,
    "json_valid": _json_valid,
    "len": _of_one(lambda value: len(text(value))),
    "like": _like,
    "lower": _of_one(lambda value: text(value).lower()),
    "match": _match,
    "max": _extreme(max),
    "min": _extreme(min),
    "mvappend": _mvappend,
    "mvcount": _of_one(lambda value: len(several(value))),
    "mvdedup": _mvdedup,
    "mvindex": _mvindex,
    "mvjoin": _mvjoin,
    "mvsort": _of_one(lambda value: one(sorted(several(value)))),
    "null": lambda: None,
    "nullif": _nullif,
    "relative_time": _relative_time,
    "replace": _replace,
    "round": _round,
    "split": _split,
    "strftime": _strftime,
    "strptime": _strptime,
    "substr": _substr,
    "tonumber": _tonumber,
    "tostring": _tostring,
    "trim": _trimmed(str.strip),
    "ltrim": _trimmed(str.lstrip),
    "rtrim": _trimmed(str.rstrip),
    "true": lambda: True,
    "upper": _of_one(lambda value: text(value).upper()),
}
