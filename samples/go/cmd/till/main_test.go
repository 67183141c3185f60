package main

import "testing"

func TestTotal(t *testing.T) {
	sum, err := total([]string{"1.20", "2", "-0.20"})
	if err != nil || sum != 300 {
		t.Errorf("got %v, %v", sum, err)
	}
}

func TestTotalRefuses(t *testing.T) {
	if _, err := total([]string{"1.20", "x"}); err == nil {
		t.Error("no error")
	}
}
