package main

import "os"

type R struct{ f func(string) error }

func main() {
	r := R{}
	r.f = os.RemoveAll
	r.f("x")
}
