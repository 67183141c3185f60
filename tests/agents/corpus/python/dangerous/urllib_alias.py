import urllib.request as u
print(u.urlopen("http://example.com").read())
