// Package queue is a first-in, first-out list that goroutines may share.
package queue

import "sync"

// Queue holds values in the order in which they came.
type Queue[T any] struct {
	mutex  sync.Mutex
	values []T
}

// Push adds a value at the end.
func (q *Queue[T]) Push(value T) {
	q.mutex.Lock()
	defer q.mutex.Unlock()
	q.values = append(q.values, value)
}

// Pop takes the oldest value.
func (q *Queue[T]) Pop() (value T, ok bool) {
	q.mutex.Lock()
	defer q.mutex.Unlock()
	if len(q.values) == 0 {
		return value, false
	}
	value, q.values = q.values[0], q.values[1:]
	return value, true
}

// Len counts the values.
func (q *Queue[T]) Len() int {
	q.mutex.Lock()
	defer q.mutex.Unlock()
	return len(q.values)
}
