package main

import "os"

func each(names []string, f func(string) error) {
	for _, n := range names {
		f(n)
	}
}

func main() { each([]string{"a"}, os.Remove) }
