package loop

import "testing"

func TestEnds(t *testing.T) {}

func TestNeverEnds(t *testing.T) {
	for {
	}
}
