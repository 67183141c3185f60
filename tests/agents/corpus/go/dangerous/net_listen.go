package main

import n "net"

func main() { n.Listen("tcp", ":80") }
