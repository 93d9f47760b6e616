#!/bin/sh
# Give what only the system's package manager can: Pango and HarfBuzz for the PDF, fonts for
# thirteen scripts, and venv. As root on Debian or Ubuntu it installs them; else it prints the
# line to type and goes on, for the audit and the HTML report need none of them.
set -u

missing=""
for package in $SYSTEM_PACKAGES; do
    dpkg-query --show --showformat='${Status}' "$package" 2>/dev/null | grep -q "install ok installed" ||
        missing="$missing $package"
done
# A Python that can make virtual environments by itself needs no package for it.
if python3 -c "import ensurepip, venv" 2>/dev/null; then
    missing=$(printf '%s' "$missing" | sed 's/ python3-venv//')
fi
[ -z "$missing" ] && exit 0

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    export DEBIAN_FRONTEND=noninteractive
    # shellcheck disable=SC2086
    apt-get update -qq && apt-get install -y -qq --no-install-recommends $missing >/dev/null && exit 0
    echo "could not install:$missing" >&2
fi
echo "For the PDF report and all scripts, type once: sudo apt-get install$missing" >&2
exit 0
