package main

import "unsafe"

func main() {
	x := 1
	p := (*float64)(unsafe.Pointer(&x))
	println(*p)
}
