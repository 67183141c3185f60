package main

import (
	"fmt"
	"net"
	"net/http"
	"net/url"
)

func main() {
	u, _ := url.Parse("http://example.com/a")
	fmt.Println(u.Host, http.StatusText(404), net.ParseIP("1.2.3.4"), http.MethodGet)
}
