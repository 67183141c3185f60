from http.client import HTTPSConnection as H
H("example.com").request("GET", "/")
