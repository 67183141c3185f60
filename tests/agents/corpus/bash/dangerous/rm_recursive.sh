rm -rf /tmp/x
