package main

import (
	"bufio"
	"fmt"
	"os"
)

func main() {
	b, err := os.ReadFile("data.txt")
	f, _ := os.Open("x")
	defer f.Close()
	s := bufio.NewScanner(f)
	for s.Scan() {
		fmt.Println(s.Text())
	}
	fmt.Println(len(b), err)
}
