package main

import (
	"bytes"
	"fmt"
)

func main() {
	var b bytes.Buffer
	b.WriteString("x")
	b.Write([]byte("y"))
	fmt.Println(b.String())
}
