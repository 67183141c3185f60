package main

type files struct{}

func (files) Remove(s string) string { return s }

func main() {
	os := files{}
	println(os.Remove("x"))
}
