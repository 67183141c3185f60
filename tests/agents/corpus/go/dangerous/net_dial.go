package main

import "net"

func main() { net.Dial("tcp", "example.com:80") }
