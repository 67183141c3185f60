package queue

import (
	"fmt"
	"sync"
	"testing"
)

func TestOrder(t *testing.T) {
	var q Queue[string]
	q.Push("first")
	q.Push("second")
	if value, ok := q.Pop(); !ok || value != "first" {
		t.Errorf("got %q, %v", value, ok)
	}
}

func TestEmpty(t *testing.T) {
	var q Queue[int]
	if _, ok := q.Pop(); ok {
		t.Error("an empty queue gave a value")
	}
}

func TestParallel(t *testing.T) {
	for _, writers := range []int{1, 4, 16} {
		t.Run(fmt.Sprintf("writers=%d", writers), func(t *testing.T) {
			t.Parallel()
			var q Queue[int]
			var group sync.WaitGroup
			for i := 0; i < writers; i++ {
				group.Add(1)
				go func(value int) {
					defer group.Done()
					q.Push(value)
				}(i)
			}
			group.Wait()
			if q.Len() != writers {
				t.Errorf("%d values of %d", q.Len(), writers)
			}
		})
	}
}

func BenchmarkPush(b *testing.B) {
	var q Queue[int]
	for i := 0; i < b.N; i++ {
		q.Push(i)
	}
}
