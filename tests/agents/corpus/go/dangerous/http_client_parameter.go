package main

import "net/http"

func get(c *http.Client) { c.Post("http://example.com", "", nil) }

func main() { get(nil) }
