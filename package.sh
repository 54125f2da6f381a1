#!/usr/bin/env bash
# Packages the add-on as dist/TA-invicti-auditlogs-<version>.tar.gz and inspects it with Splunk AppInspect.
set -euo pipefail

readonly APP=TA-invicti-auditlogs
readonly PYTHON=${PYTHON:-python3}
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
readonly ROOT
readonly BUILD=$ROOT/.build
readonly STAGE=$BUILD/stage
readonly BUILT=$BUILD/output/$APP

usage() {
    cat <<'TEXT'
Usage: ./package.sh [--skip-inspection] [--output DIR]

Writes dist/TA-invicti-auditlogs-<version>.tar.gz and inspects it with Splunk AppInspect. Beside it goes a list of
the libraries in it, <version>.cdx.json (CycloneDX). The same tree gives the same bytes. The version stands in
app.manifest.

  --skip-inspection  do not run AppInspect (for quick test cycles)
  --output DIR       write the package there instead of dist/
  --help             show this text

Needs Python 3.9 or newer: `python3`, or the one that the environment variable PYTHON names. All else is installed
under .build/, with pinned versions, from the package index that pip is set up for.
TEXT
}

die() {
    echo "package.sh: $*" >&2
    exit 1
}

say() {
    echo "==> $*"
}

require_python() {
    "$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 9))' ||
        die "$PYTHON is not Python 3.9 or newer; name one with PYTHON=..."
}

# One build at a time in a tree: parallel test runs share .build/. Not every system has flock.
lock() {
    mkdir -p "$BUILD"
    exec 9>"$BUILD/lock"
    if command -v flock >/dev/null; then
        flock 9
    fi
}

version() {
    "$PYTHON" -c 'import json, sys; print(json.load(open(sys.argv[1]))["info"]["id"]["version"])' "$ROOT/app.manifest"
}

# A tool's venv, made anew only when its pins or the interpreter changed.
make_venv() {
    local pins=$ROOT/.ci/requirements/$1.txt folder=$BUILD/venv-$1 stamp
    stamp="$("$PYTHON" -c 'import sys; print(sys.version, sys.base_prefix)') $(cksum <"$pins")"
    if [[ "$(cat "$folder/stamp" 2>/dev/null)" != "$stamp" ]]; then
        say "installing the tools to $1"
        rm -rf "$folder"
        "$PYTHON" -m venv "$folder"
        "$folder/bin/python" -m pip install -qq --disable-pip-version-check --require-hashes -r "$pins"
        echo "$stamp" >"$folder/stamp"
    fi
}

# Git does not keep a folder that has no files yet.
existing_contents() {
    local path
    while read -r path; do
        [[ ! -e $ROOT/$path ]] || echo "$path"
    done <"$ROOT/.ci/package/contents.txt"
}

# ucc-gen copies its whole source folder, so it is given the app's own files and nothing else.
stage() {
    [[ -f $ROOT/bin/invicti_auditlogs.py ]] ||
        die "bin/invicti_auditlogs.py is missing; ucc-gen's own script would ship in its place"
    rm -rf "$STAGE"
    mkdir -p "$STAGE/package"
    tar -C "$ROOT" --exclude='__pycache__' --exclude='*.py[co]' --exclude='.*' --exclude='*~' -cf - \
        -T <(existing_contents) | tar -C "$STAGE/package" -xf -
    cp "$ROOT/globalConfig.json" "$STAGE/globalConfig.json"
}

# pip_flags: pure Python for the oldest supported version, exactly the pinned files, and splunk-sdk built by the
# pinned setuptools of the venv instead of whichever is newest. The cache is the venv's own: the user's may hold a
# splunk-sdk that another setuptools built.
build() {
    local version=$1 python=$BUILD/venv-package/bin/python log=$BUILD/ucc-gen.log
    local pip_flags="--require-hashes --no-deps --no-build-isolation --use-pep517 --no-compile --ignore-installed
        --disable-pip-version-check --platform any --implementation py --abi none --python-version 3.9"
    make_venv package
    rm -rf "$BUILT"
    # ucc-gen writes some names in the order of a set: the hash seed fixes it. It ends with 0 even after a crash, so
    # its last file tells whether it got there.
    PYTHONHASHSEED=0 PYTHONDONTWRITEBYTECODE=1 PIP_CACHE_DIR=$BUILD/venv-package/cache "$python" -m splunk_add_on_ucc_framework.main build \
        --source "$STAGE/package" --config "$STAGE/globalConfig.json" --ta-version "$version" \
        --output "$BUILD/output" --overwrite --python-binary-name "$python" --pip-version 25.0.1 \
        --pip-custom-flag "$pip_flags" >"$log" 2>&1 && [[ -f $BUILT/appserver/static/openapi.json ]] ||
        { cat "$log" >&2 && die "ucc-gen failed, see above"; }
}

inspect() {
    local package=$1 python=$BUILD/venv-inspect/bin/python report=$BUILD/appinspect.json
    make_venv inspect
    rm -f "$report"
    # Exit codes alone do not tell warnings apart: the report decides.
    "$python" -c 'from splunk_appinspect.main import execute; execute()' inspect "$package" --mode precert \
        --included-tags cloud --included-tags private_victoria --included-tags future --max-messages all \
        --skip-trusted-libraries-update --data-format json --output-file "$report" >"$BUILD/appinspect.log" 2>&1 ||
        { [[ -s $report ]] || { cat "$BUILD/appinspect.log" >&2 && die "AppInspect failed, see above"; }; }
    "$PYTHON" "$ROOT/.ci/package/check_inspection.py" "$report" "$ROOT/.ci/package/accepted-warnings.json"
}

main() {
    local output=$ROOT/dist inspection=yes version package list
    while (($#)); do
        case $1 in
            --skip-inspection) inspection=no ;;
            --output) output=${2:?--output needs a folder} && shift ;;
            --help) usage && exit ;;
            *) usage >&2 && die "unknown option: $1" ;;
        esac
        shift
    done
    require_python
    lock
    version=$(version)
    package=$APP-$version.tar.gz list=$APP-$version.cdx.json
    say "building $APP $version"
    stage
    build "$version"
    "$PYTHON" "$ROOT/.ci/package/pack.py" "$BUILT" "$BUILD/$package"
    "$BUILD/venv-package/bin/python" "$ROOT/.ci/package/sbom.py" "$BUILT" "$ROOT/lib/requirements.txt" "$BUILD/$list"
    if [[ $inspection == yes ]]; then
        say "inspecting with AppInspect"
        inspect "$BUILD/$package"
    fi
    # Only now: what lies in the output folder is fit to ship.
    mkdir -p "$output"
    mv "$BUILD/$package" "$BUILD/$list" "$output/"
    say "$output/$package"
}

main "$@"
