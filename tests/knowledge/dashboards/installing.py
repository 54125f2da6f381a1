"""Installs Splunk's dashboard renderer below .build, pinned, and bundles it: none is packaged."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.receivers.installing import BUILD, MissingError, install_once, run

HERE = Path(__file__).parent
FOLDER = BUILD / "dashboards"
_FILES = ("package.json", "package-lock.json", ".npmrc")
# --force: the packages of one release ask for versions of each other that were never published.
# Nothing of them is run at installation.
_INSTALL = ("ci", "--force", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
_IMAGES = ("svg", "png", "woff", "woff2")
_BUNDLE = (
    "--bundle",
    "--minify",
    "--loader:.js=jsx",
    '--define:process.env.NODE_ENV="production"',
    "--define:global=window",
    "--log-level=error",
    *(f"--loader:.{each}=dataurl" for each in _IMAGES),
)


def renderer() -> Path:
    """Return the folder with the bundle, `page.js`.

    Raises:
        MissingError: where there is no npm, or it cannot install.
    """
    npm = shutil.which("npm")
    if npm is None:
        raise MissingError("npm is missing (Node.js 20 or newer): it installs Splunk's renderer")
    bundle = FOLDER / "bundle"

    def install() -> None:
        FOLDER.mkdir(parents=True, exist_ok=True)
        for name in _FILES:
            shutil.copy(HERE / name, FOLDER)
        run(npm, "--prefix", str(FOLDER), *_INSTALL)
        shutil.rmtree(bundle, ignore_errors=True)

    def build() -> None:
        bundle.mkdir(exist_ok=True)
        modules = FOLDER / "node_modules"
        page = str(HERE / "page.jsx")
        esbuild = str(modules / ".bin" / "esbuild")
        run(esbuild, page, *_BUNDLE, f"--outfile={bundle / 'page.js'}", NODE_PATH=str(modules))

    install_once(FOLDER, HERE / "package-lock.json", install)
    install_once(bundle, HERE / "page.jsx", build)
    return bundle
