package money

import (
	"errors"
	"testing"
)

func TestParse(t *testing.T) {
	cases := []struct {
		name, text string
		want       Amount
	}{
		{"whole", "12", 1200},
		{"cents", "12.50", 1250},
		{"less than one", "0.05", 5},
		{"negative", "-3", -300},
		{"zero", "0.00", 0},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, err := Parse(c.text)
			if err != nil || got != c.want {
				t.Errorf("Parse(%q) = %v, %v; want %v", c.text, got, err, c.want)
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	for _, text := range []string{"", "1.5", "a", "1.2.3"} {
		t.Run("text="+text, func(t *testing.T) {
			if _, err := Parse(text); !errors.Is(err, ErrFormat) {
				t.Errorf("Parse(%q): %v", text, err)
			}
		})
	}
}

func TestSplitAddsUp(t *testing.T) {
	for _, n := range []int{1, 3, 7} {
		var sum Amount
		for _, part := range Amount(1000).Split(n) {
			sum += part
		}
		if sum != 1000 {
			t.Errorf("%d parts add up to %v", n, sum)
		}
	}
}

func TestSplitIntoNothing(t *testing.T) {
	if parts := Amount(10).Split(0); parts != nil {
		t.Errorf("got %v", parts)
	}
}

func FuzzRoundTrip(f *testing.F) {
	f.Add(int64(0))
	f.Add(int64(-5))
	f.Add(int64(123456))
	f.Fuzz(func(t *testing.T, cents int64) {
		if cents < -1<<60 || cents > 1<<60 {
			t.Skip("outside of the range")
		}
		got, err := Parse(Amount(cents).String())
		if err != nil || got != Amount(cents) {
			t.Errorf("%d became %v, %v", cents, got, err)
		}
	})
}
