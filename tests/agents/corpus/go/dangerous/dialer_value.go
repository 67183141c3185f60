package main

import "net"

func main() {
	var d net.Dialer
	d.Dial("tcp", "example.com:80")
}
