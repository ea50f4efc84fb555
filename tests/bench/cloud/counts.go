package main

import (
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"certificatebinding.bench/ids"
)

// Counts is what the clients of the cloud did since the last reset.
type Counts struct {
	Requests       map[string]int `json:"requests"` // by method and kind: "GET listener", "PUT listener", "409 listener"
	InFlight       int64          `json:"in_flight"`
	MostInFlight   int64          `json:"most_in_flight"`
	Connections    int64          `json:"connections"`
	MostConnection int64          `json:"most_connections"`
	BusySeconds    float64        `json:"busy_seconds"` // of PUTs and their PENDING_UPDATE, over all load balancers
}

type counter struct {
	mutex       sync.Mutex
	requests    map[string]int
	first       map[int]int64 // by the number of a listener or certificate: the first request for it, Unix ns
	busy        time.Duration
	inFlight    atomic.Int64
	most        atomic.Int64
	connections atomic.Int64
	mostOpen    atomic.Int64
}

func newCounter() *counter {
	return &counter{requests: map[string]int{}, first: map[int]int64{}}
}

func raise(most *atomic.Int64, to int64) {
	for {
		old := most.Load()
		if to <= old || most.CompareAndSwap(old, to) {
			return
		}
	}
}

func (c *counter) begin() { raise(&c.most, c.inFlight.Add(1)) }
func (c *counter) end()   { c.inFlight.Add(-1) }

// count adds a request of this kind about the object of this id, if it has one.
func (c *counter) count(kind, id string) {
	now := time.Now().UnixNano()
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.requests[kind]++
	if !ids.IsListener(id) && !ids.IsContainer(id) {
		return
	}
	if number, ok := ids.Number(id); ok {
		if _, known := c.first[number]; !known {
			c.first[number] = now
		}
	}
}

func (c *counter) worked(for_ time.Duration) {
	c.mutex.Lock()
	c.busy += for_
	c.mutex.Unlock()
}

func (c *counter) reset() {
	c.mutex.Lock()
	c.requests, c.first, c.busy = map[string]int{}, map[int]int64{}, 0
	c.mutex.Unlock()
	c.most.Store(c.inFlight.Load())
	c.mostOpen.Store(c.connections.Load())
}

func (c *counter) shown() Counts {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	requests := make(map[string]int, len(c.requests))
	for kind, number := range c.requests {
		requests[kind] = number
	}
	return Counts{
		Requests: requests, InFlight: c.inFlight.Load(), MostInFlight: c.most.Load(),
		Connections: c.connections.Load(), MostConnection: c.mostOpen.Load(), BusySeconds: c.busy.Seconds(),
	}
}

func (c *counter) firsts() map[int]int64 {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	first := make(map[int]int64, len(c.first))
	for number, at := range c.first {
		first[number] = at
	}
	return first
}

func (c *counter) connection(_ net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		raise(&c.mostOpen, c.connections.Add(1))
	case http.StateClosed, http.StateHijacked:
		c.connections.Add(-1)
	default:
	}
}
