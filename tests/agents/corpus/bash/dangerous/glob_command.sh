/bin/r? x
