# shellcheck shell=sh
# Sourced by a peer's `version`: what stands in the known deviations of its known.json.

# version_of PROGRAM PACKAGE: the upstream version of an installed package; 77 where either is missing.
version_of() {
    name=$(basename "$(dirname "$0")")
    if ! command -v "$1" > /dev/null; then
        echo "$name: there is no $1 here; it is in the package $2" >&2
        exit 77
    fi
    package_version "$2"
}

# package_version PACKAGE: without epoch and Debian's revision.
package_version() {
    dpkg-query -W -f '${Version}\n' "$1" 2> /dev/null | sed 's/^[0-9]*://; s/-[^-]*$//; s/[~+].*//' | grep . || {
        echo "$(basename "$(dirname "$0")"): the package $1 is not installed" >&2
        exit 77
    }
}
