#!/bin/sh
# Put the addresses of the receivers in place of the placeholders. A receiver without one only shows its alerts.
set -eu
config=${TMPDIR:-/tmp}/alertmanager.yml
escaped() { printf %s "$1" | sed 's/[&|\\]/\\&/g'; }
sed -e "${ALERT_PAGE_URL:+s|http://page.invalid/|$(escaped "$ALERT_PAGE_URL")|}" \
    -e "${ALERT_TICKET_URL:+s|http://ticket.invalid/|$(escaped "$ALERT_TICKET_URL")|}" \
    -e '/\.invalid\//d' "${0%/*}/alertmanager.yml" > "$config"
exec alertmanager "--config.file=$config" --storage.path=/alertmanager --cluster.listen-address= "$@"
