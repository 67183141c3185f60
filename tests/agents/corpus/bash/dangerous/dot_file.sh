. /tmp/x
