#!/bin/sh
# See to what the tests need from the system: a browser, PostgreSQL, nginx, Prometheus, systemd, Korean letters, strace and
# the data that recognise text on scanned pages.
# Installs it by apt-get where that is allowed, else says what is missing and fails.
set -eu

missing=
command -v strace >/dev/null 2>&1 || missing="$missing strace"
command -v systemd-analyze >/dev/null 2>&1 || missing="$missing systemd"
command -v promtool >/dev/null 2>&1 || missing="$missing prometheus"
command -v nginx >/dev/null 2>&1 || [ -x /usr/sbin/nginx ] || missing="$missing nginx-light"
command -v chromium >/dev/null 2>&1 || missing="$missing chromium"
command -v chromium-headless-shell >/dev/null 2>&1 || missing="$missing chromium-headless-shell"
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing="$missing postgresql"
if ! command -v fc-list >/dev/null 2>&1 || [ -z "$(fc-list :lang=ko family)" ]; then
    missing="$missing fontconfig fonts-noto-cjk"
fi
ls /usr/share/tesseract-ocr/*/tessdata/eng.traineddata >/dev/null 2>&1 || missing="$missing tesseract-ocr-eng"
ls /usr/share/tesseract-ocr/*/tessdata/kor.traineddata >/dev/null 2>&1 || missing="$missing tesseract-ocr-kor"
[ -z "$missing" ] && exit 0

if [ "$(id -u)" = 0 ]; then
    as_root=
elif sudo -n true 2>/dev/null; then
    as_root="sudo -n"
else
    as_root=no
fi
if [ "$as_root" = no ] || ! command -v apt-get >/dev/null 2>&1; then
    echo "The tests need these packages of the system (Debian's names):$missing" >&2
    exit 1
fi
echo "Installing$missing"
export DEBIAN_FRONTEND=noninteractive
$as_root apt-get update --quiet --quiet
# shellcheck disable=SC2086  # a list of words on purpose
$as_root apt-get install --quiet --quiet --yes --no-install-recommends $missing >/dev/null
