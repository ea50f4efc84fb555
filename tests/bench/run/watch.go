package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
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

func (c *cluster) watch() (*readiness, error) {
	text, err := c.ask(http.MethodGet, bindingsPath+"?limit=1", "", nil)
	if err != nil {
		return nil, err
	}
	var list struct {
		Metadata struct {
			ResourceVersion string `json:"resourceVersion"`
		} `json:"metadata"`
	}
	if err := json.Unmarshal(text, &list); err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(context.Background())
	url := fmt.Sprintf("%s%s?watch=true&resourceVersion=%s", c.server, bindingsPath, list.Metadata.ResourceVersion)
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		stop()
		return nil, err
	}
	answer, err := c.client.Do(request)
	if err != nil {
		stop()
		return nil, err
	}
	r := &readiness{ready: map[string]readyAt{}, changed: make(chan struct{}, 1), stop: stop}
	go func() {
		defer answer.Body.Close()
		lines := bufio.NewReaderSize(answer.Body, 1<<16)
		for {
			line, err := lines.ReadBytes('\n')
			if err != nil {
				return
			}
			r.see(line, time.Now())
		}
	}()
	return r, nil
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
