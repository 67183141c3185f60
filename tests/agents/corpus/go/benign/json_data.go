package main

import (
	"encoding/json"
	"fmt"
)

type P struct {
	Name string `json:"name"`
}

func main() {
	var p P
	json.Unmarshal([]byte(`{"name": "x"}`), &p)
	out, _ := json.Marshal(p)
	fmt.Println(string(out))
}
