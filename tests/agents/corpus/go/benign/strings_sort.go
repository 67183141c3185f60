package main

import (
	"fmt"
	"sort"
	"strings"
)

func main() {
	s := strings.Fields("b a")
	sort.Strings(s)
	fmt.Println(strings.Replace(s[0], "a", "x", 1), strings.Join(s, "-"))
}
