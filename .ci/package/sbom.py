"""Lists what of others is in the package, as CycloneDX (https://cyclonedx.org) JSON.

Run by package.sh as ``sbom.py APP_FOLDER REQUIREMENTS LIST``. Names, versions and licences are
those of the libraries' own metadata in the package, hashes those of the files that were installed.
No time and no random number is in it, so that the same tree gives the same bytes.
"""

from __future__ import annotations

import importlib.metadata
import json
import re
import sys
from pathlib import Path
from typing import Any

from cyclonedx.factory.license import LicenseFactory
from cyclonedx.model import HashAlgorithm, HashType
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL

FRONT_END = "splunk-add-on-ucc-framework"
# What libraries call their licence where they do not give SPDX's name for it.
SPDX = {
    "BSD": "BSD-3-Clause",
    "PSFL": "PSF-2.0",
    "Apache 2.0": "Apache-2.0",
    "http://www.apache.org/licenses/LICENSE-2.0": "Apache-2.0",
}
_LICENCES = LicenseFactory()


def component(name: str, version: str, licence: str, sha256: str = "") -> Component:
    """One piece of software of another maker."""
    url = PackageURL("pypi", name=name.lower(), version=version)
    return Component(
        name=name,
        version=version,
        type=ComponentType.LIBRARY,
        bom_ref=str(url),
        purl=url,
        licenses=[_LICENCES.make_with_expression(licence)],
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=sha256)] if sha256 else [],
    )


def libraries(lib: Path, requirements: Path) -> list[Component]:
    """The Python libraries in the package."""
    hashes = {
        name.lower(): digest
        for name, digest in re.findall(
            r"(?m)^([\w-]+)==\S+ \\\n +--hash=sha256:(\w+)", requirements.read_text("utf-8")
        )
    }
    found = []
    for library in importlib.metadata.distributions(path=[str(lib)]):
        name = library.metadata["Name"]
        licence = library.metadata.get("License-Expression") or library.metadata["License"]
        licence = SPDX.get(licence, licence)
        found.append(component(name, library.version, licence, hashes[name.lower()]))
    return found


def document(app: Path, requirements: Path) -> str:
    """The list, as JSON with sorted keys."""
    manifest: dict[str, Any] = json.loads((app / "app.manifest").read_text("utf-8"))
    itself = manifest["info"]["id"]
    bom = Bom(components=libraries(app / "lib", requirements))
    # The pages; what they are made of is in appserver/static/js/build/licenses.txt.
    bom.components.add(component(FRONT_END, importlib.metadata.version(FRONT_END), "Apache-2.0"))
    bom.metadata.component = Component(
        name=itself["name"],
        version=itself["version"],
        type=ComponentType.APPLICATION,
        bom_ref=itself["name"],
        licenses=[_LICENCES.make_with_expression("Apache-2.0")],
    )
    told = json.loads(JsonV1Dot6(bom).output_as_string())
    del told["serialNumber"], told["metadata"]["timestamp"]
    return json.dumps(told, indent=2, sort_keys=True) + "\n"


def main() -> None:
    """Write the list, provided that it is valid."""
    app, requirements, target = map(Path, sys.argv[1:])
    text = document(app, requirements)
    fault = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)
    if fault:
        raise SystemExit(f"sbom.py: the list is not valid: {fault}")
    target.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
