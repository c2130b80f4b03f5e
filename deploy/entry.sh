#!/bin/sh
# Start of the container: say what is wrong before anything else fails, then become the
# server, so that a stop reaches it.
set -eu
umask 027

if ! { mkdir -p "$SER_LAB_HOME" && probe=$(mktemp "$SER_LAB_HOME/.write-test-XXXXXX"); }; then
    echo "'$SER_LAB_HOME' cannot be written by user $(id -u): give a volume that it owns," \
        "as in: chown $(id -u) FOLDER" >&2
    exit 1
fi
rm -f "$probe"

cd /opt/ser-lab
exec /opt/ser-lab/.venv/bin/python -m streamlit run streamlit_app.py \
    --server.headless true "$@"
