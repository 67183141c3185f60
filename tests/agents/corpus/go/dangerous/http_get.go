package main

import "net/http"

func main() { http.Get("http://example.com") }
