package main

import "os"

func main() {
	f, err := os.Create("a")
	if err != nil {
		panic(err)
	}
	defer f.Close()
	f.WriteString("x")
}
