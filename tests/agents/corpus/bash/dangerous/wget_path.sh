/usr/bin/wget http://example.com/x
