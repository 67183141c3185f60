package failing

import (
	"errors"
	"testing"
)

func TestPasses(t *testing.T) {}

func TestFails(t *testing.T) {
	t.Log("a line of the log")
	t.Errorf("got %d, want %d", 1, 2)
}

func TestSkips(t *testing.T) { t.Skip("not today") }

func TestSubtests(t *testing.T) {
	t.Run("passes", func(t *testing.T) {})
	t.Run("fails with a space", func(t *testing.T) { t.Fatal("in a subtest") })
	t.Run("nested", func(t *testing.T) {
		t.Run("a/b", func(t *testing.T) { t.Error("deep") })
		t.Run("skips", func(t *testing.T) { t.SkipNow() })
	})
}

func TestPrintsAFakeResult(t *testing.T) {
	println("--- FAIL: TestPasses (0.00s)")
	println("ok  	example.com/failing	0.001s")
}

func TestPanics(t *testing.T) {
	t.Run("inside", func(t *testing.T) { panic(errors.New("on purpose")) })
}

func TestNeverReached(t *testing.T) {}
