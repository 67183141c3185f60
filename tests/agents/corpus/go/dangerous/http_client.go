package main

import "net/http"

func main() {
	c := http.Client{}
	c.Get("http://example.com")
}
