package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// readiness knows since when each binding is Ready, from a watch. The events are searched, not decoded, because the
// driver must not take the CPU from what it measures. The API server writes the members of an object in order.
type readiness struct {
	mutex   sync.Mutex
	ready   map[string]readyAt
	changed chan struct{}
	stop    context.CancelFunc
}

type readyAt struct {
	generation int
	at         time.Time
}

// watch begins before it returns, so that no change after it is missed.
func (c *cluster) watch() (*readiness, error) {
	ctx, stop := context.WithCancel(context.Background())
	r := &readiness{ready: map[string]readyAt{}, changed: make(chan struct{}, 1), stop: stop}
	stream, err := c.follow(ctx, r)
	if err != nil {
		stop()
		return nil, err
	}
	go func() {
		for {
			r.read(stream)
			// A busy API server ends the watches of slow clients; what they missed is in the list.
			for stream = nil; stream == nil; {
				if ctx.Err() != nil {
					return
				}
				if stream, err = c.follow(ctx, r); err != nil {
					time.Sleep(sampled)
				}
			}
		}
	}()
	return r, nil
}

// follow takes what is Ready already from the list, and opens the watch behind it.
func (c *cluster) follow(ctx context.Context, r *readiness) (io.ReadCloser, error) {
	text, err := c.ask(http.MethodGet, allBindings, "", nil)
	if err != nil {
		return nil, err
	}
	var list struct {
		Metadata struct {
			ResourceVersion string `json:"resourceVersion"`
		} `json:"metadata"`
		Items []json.RawMessage `json:"items"`
	}
	if err := json.Unmarshal(text, &list); err != nil {
		return nil, err
	}
	now := time.Now()
	for _, item := range list.Items {
		r.see(item, now)
	}
	url := fmt.Sprintf("%s%s?watch=true&resourceVersion=%s", c.server, allBindings, list.Metadata.ResourceVersion)
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	answer, err := c.client.Do(request)
	if err != nil {
		return nil, err
	}
	return answer.Body, nil
}

func (r *readiness) read(stream io.ReadCloser) {
	defer stream.Close()
	lines := bufio.NewReaderSize(stream, 1<<16)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return
		}
		r.see(line, time.Now())
	}
}

func number(text []byte) int {
	end := bytes.IndexFunc(text, func(r rune) bool { return r < '0' || r > '9' })
	found, _ := strconv.Atoi(string(text[:max(end, 0)]))
	return found
}

func (r *readiness) see(line []byte, now time.Time) {
	const observed = `"observedGeneration":`
	before, _, ready := bytes.Cut(line, []byte(`"status":"True","type":"Ready"`))
	_, name, named := bytes.Cut(line, []byte(`"name":"b-`))
	if !ready || !named {
		return
	}
	at := bytes.LastIndex(before, []byte(observed))
	end := bytes.IndexByte(name, '"')
	if at < 0 || end < 0 {
		return
	}
	key, generation := "b-"+string(name[:end]), number(before[at+len(observed):])
	r.mutex.Lock()
	if r.ready[key].generation < generation {
		r.ready[key] = readyAt{generation, now}
	}
	r.mutex.Unlock()
	select {
	case r.changed <- struct{}{}:
	default:
	}
}

// last waits until these bindings are Ready for this generation. It returns how many are, and since when the last one.
func (r *readiness) last(bindings []binding, generation int, within time.Duration) (count int, at time.Time) {
	end := time.NewTimer(within)
	defer end.Stop()
	for {
		r.mutex.Lock()
		count, at = 0, time.Time{}
		for _, one := range bindings {
			if known := r.ready[nameOf(one.number)]; known.generation >= generation {
				count++
				if known.at.After(at) {
					at = known.at
				}
			}
		}
		r.mutex.Unlock()
		if count == len(bindings) {
			return count, at
		}
		// Not after each event, because that would be a search of all bindings for each of them.
		pause := time.Duration(len(bindings)) * time.Microsecond
		select {
		case <-r.changed:
			time.Sleep(pause)
		case <-end.C:
			return count, at
		}
	}
}
