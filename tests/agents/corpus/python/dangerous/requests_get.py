import requests
print(requests.get("http://example.com", timeout=3).text)
