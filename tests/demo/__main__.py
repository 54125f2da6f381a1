"""Packages the add-on and runs it, against a stand-in tenant or a real one.

A real tenant is read when INVICTI_BASE_URL, INVICTI_USER_ID and INVICTI_API_TOKEN are set; the
add-on only ever reads.
"""

from __future__ import annotations

import os
import sys

from tests.demo import real_tenant, standin_tenant
from tests.demo.package import build_package

REAL_TENANT = ("INVICTI_BASE_URL", "INVICTI_USER_ID", "INVICTI_API_TOKEN")


def main() -> int:
    """Returns the exit code: 0 when nothing was lost and nothing doubled."""
    given = [name for name in REAL_TENANT if os.environ.get(name)]
    if given and len(given) < len(REAL_TENANT):
        missing = ", ".join(sorted(set(REAL_TENANT) - set(given)))
        print(f"To read a real tenant, set {missing} too.", file=sys.stderr)
        return 2
    package = build_package()
    if given:
        return real_tenant.show(package, *(os.environ[name] for name in REAL_TENANT))
    return standin_tenant.show(package)


if __name__ == "__main__":
    sys.exit(main())
