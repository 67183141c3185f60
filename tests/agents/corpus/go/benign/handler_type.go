package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
)

func handle(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, r.URL.Path) }

func main() {
	w := httptest.NewRecorder()
	handle(w, httptest.NewRequest("GET", "/a", nil))
	fmt.Println(w.Body.String())
}
