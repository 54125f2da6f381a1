"""Answers and settings of any shape: never a crash, never a secret in a message.

`make test` tries the same few of each; `make fuzz` many more, others each time.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, Phase, settings

_EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "0"))

FUZZ = settings(
    max_examples=_EXAMPLES or 100,
    derandomize=not _EXAMPLES,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

# A whole run takes seconds, so there are few, and none to make a failing one simpler.
RUNS = settings(
    FUZZ,
    max_examples=_EXAMPLES // 50 or 5,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)
