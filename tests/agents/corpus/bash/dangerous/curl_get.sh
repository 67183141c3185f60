curl -s http://example.com
