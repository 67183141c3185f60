package main

import (
	"fmt"
	"unsafe"
)

func main() { fmt.Println(unsafe.Sizeof(int32(0))) }
