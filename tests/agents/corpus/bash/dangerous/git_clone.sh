git clone https://example.com/x.git
