package main

import (
	"fmt"
	"slices"
	"time"
)

const (
	usualResync  = 10 * time.Minute
	longestStart = 30 * time.Second
	percent      = 100
)

// burst is so many bindings, created at once, on so many listeners of so many load balancers.
type burst struct {
	bindings, listeners, loadBalancers int
	scale                              float64 // of Octavia's measured times
}

func (of burst) all() []binding {
	bindings := make([]binding, of.bindings)
	for n := range bindings {
		bindings[n] = binding{number: n, listener: n % of.listeners}
	}
	return bindings
}

// warm waits until a started peer has settled a binding of its own, which is on the last listener of the world.
func (b *bench) warm(running *process, number, listener int) error {
	watch, err := b.cluster.watch()
	if err != nil {
		return err
	}
	defer watch.stop()
	one := binding{number: number, listener: listener}
	if err := b.cluster.create(one); err != nil {
		return err
	}
	if count, _ := watch.last([]binding{one}, 1, longestStart); count != 1 {
		if err := running.running(); err != nil {
			return err
		}
		return fmt.Errorf("the first binding was not Ready after %s", longestStart)
	}
	return b.cloud.resetCounts()
}

func (b *bench) bursts() error {
	for _, of := range b.size.bursts {
		// One load balancer and listener more, for the first binding of all.
		world := cloudWorld{LoadBalancers: of.loadBalancers, Listeners: of.listeners, PutScale: of.scale}
		if err := b.cloud.make(world); err != nil {
			return err
		}
		floor, err := b.cloud.floor(of.loadBalancers, of.all())
		if err != nil {
			return err
		}
		what := row{"bindings": of.bindings, "listeners": of.listeners, "load_balancers": of.loadBalancers, "scale": of.scale}
		what["all_ready_s"], what["puts"] = floor.Seconds(), of.listeners
		b.note("burst", "the cloud alone", what)
		if err := b.cloud.make(world); err != nil {
			return err
		}
		if floor, err = b.floor(of); err != nil {
			return err
		}
		b.note("burst", "the cloud and the API server alone", row{
			"bindings": of.bindings, "listeners": of.listeners, "load_balancers": of.loadBalancers, "scale": of.scale,
			"all_ready_s": floor.Seconds(), "puts": of.listeners, "ready": of.bindings,
		})
		if err := b.each("burst", func(peer peer) (row, error) { return b.burst(of, peer) }); err != nil {
			return err
		}
	}
	return nil
}

func (b *bench) burst(of burst, peer peer) (row, error) {
	// The first binding of all has the cloud for itself.
	if err := b.cloud.make(cloudWorld{LoadBalancers: 1, Listeners: 1}); err != nil {
		return nil, err
	}
	running, err := b.start(peer, usualResync)
	if err != nil {
		return nil, err
	}
	defer running.stop()
	if err := b.warm(running, 0, 0); err != nil {
		return nil, err
	}
	time.Sleep(time.Second)
	// Its listener is in the new world too, with its certificate.
	world := cloudWorld{
		LoadBalancers: of.loadBalancers, Listeners: of.listeners + 1, AttachedListeners: 1, Attached: 1, PutScale: of.scale,
	}
	if err := b.cloud.make(world); err != nil {
		return nil, err
	}
	watch, err := b.cluster.watch()
	if err != nil {
		return nil, err
	}
	defer watch.stop()
	bindings := of.all()
	for n := range bindings {
		bindings[n].number++ // behind the first one and its listener
		bindings[n].listener++
	}
	began := time.Now()
	if err := b.cluster.createAll(bindings); err != nil {
		return nil, err
	}
	created := time.Since(began)
	ready, last := watch.last(bindings, 1, b.size.longestWait)
	shown, err := b.cloud.counts()
	if err != nil {
		return nil, err
	}
	lost, foreign, err := b.cloud.missing(bindings)
	figures := row{
		"bindings": of.bindings, "listeners": of.listeners, "load_balancers": of.loadBalancers, "scale": of.scale,
		"created_s": created.Seconds(), "ready": ready, "puts": shown.Requests["PUT listener"],
		"conflicts": shown.Requests["409 listener"], "gets": shown.all("GET"),
		"gets_listener":  shown.Requests["GET listener"] + shown.Requests["GET listeners"],
		"most_in_flight": shown.MostInFlight, "by_kind": shown.Requests, "lost": lost, "foreign_lost": foreign,
		"peak_mb": running.peak(), "cpu_s": running.cpu(),
	}
	if ready == of.bindings {
		figures["all_ready_s"] = last.Sub(began).Seconds()
	}
	return figures, err
}

func percentile(sorted []float64, part int) float64 {
	return sorted[min(len(sorted)*part/percent, len(sorted)-1)]
}

// latency creates one binding after the other, each on a listener of its own; the cloud answers at once.
func (b *bench) latency() error {
	count := b.size.latencies
	return b.each("latency", func(peer peer) (row, error) {
		if err := b.cloud.make(cloudWorld{LoadBalancers: count + 1, Listeners: count + 1}); err != nil {
			return nil, err
		}
		running, err := b.start(peer, usualResync)
		if err != nil {
			return nil, err
		}
		defer running.stop()
		if err := b.warm(running, count, count); err != nil {
			return nil, err
		}
		watch, err := b.cluster.watch()
		if err != nil {
			return nil, err
		}
		defer watch.stop()
		var requests, readies, posts []float64
		created := make([]time.Time, count)
		for n := range count {
			began := time.Now()
			one := binding{number: n, listener: n}
			if err := b.cluster.create(one); err != nil {
				return nil, err
			}
			created[n] = time.Now()
			posts = append(posts, created[n].Sub(began).Seconds()*1000)
			ready, at := watch.last([]binding{one}, 1, longestStart)
			if ready != 1 {
				return nil, fmt.Errorf("binding %d was not Ready after %s", n, longestStart)
			}
			readies = append(readies, at.Sub(created[n]).Seconds()*1000)
		}
		firsts, err := b.cloud.firsts()
		if err != nil {
			return nil, err
		}
		for n := range count {
			requests = append(requests, firsts[n].Sub(created[n]).Seconds()*1000)
		}
		slices.Sort(requests)
		slices.Sort(readies)
		slices.Sort(posts)
		return row{
			"bindings": count, "post_p50_ms": percentile(posts, 50),
			"request_p50_ms": percentile(requests, 50), "request_p99_ms": percentile(requests, 99),
			"ready_p50_ms": percentile(readies, 50), "ready_p99_ms": percentile(readies, 99),
		}, nil
	})
}

// makePattern lets this controller settle one binding, whose stored form is that of every seeded one.
func (b *bench) makePattern() error {
	const number = 0x7654321
	if err := b.cloud.make(cloudWorld{LoadBalancers: 1, Listeners: 1}); err != nil {
		return err
	}
	running, err := b.start(b.peers[0], usualResync)
	if err != nil {
		return err
	}
	defer running.stop()
	if err := b.warm(running, number, 0); err != nil {
		return err
	}
	stored, err := b.cluster.stored(nameOf(number))
	if err != nil {
		return err
	}
	b.pattern, err = newTemplate(stored, binding{number: number, listener: 0})
	return err
}
