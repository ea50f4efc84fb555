package main

import (
	"time"

	"certificatebinding.bench/ids"
)

const (
	perListener  = 10
	probes       = 10
	rotatedAll   = 300
	rotatedPart  = 6 // every sixth
	manyBalancer = 100
)

// rest is a world of settled bindings, ten on each listener.
type rest struct {
	bindings int
	resync   time.Duration
}

func (b *bench) restsAll() error {
	for _, of := range b.size.rests {
		if err := b.newCluster(); err != nil {
			return err
		}
		err := b.cluster.seed(of.bindings, func(n int) (string, []byte) {
			return b.pattern.settled(binding{number: n, listener: n / perListener})
		})
		if err != nil {
			return err
		}
		err = b.cluster.becomes(func() bool { _, err := b.cluster.listed(); return err == nil })
		if err != nil {
			return err
		}
		listed, err := b.cluster.listed()
		if err != nil {
			return err
		}
		b.note("rest", "curl of the list", row{"bindings": of.bindings, "listed_s": listed.Seconds()})
		for n, peer := range b.peers {
			figures, err := b.rest(of, peer, of.bindings+n*probes)
			if err != nil {
				figures = row{"bindings": of.bindings, "failed": err.Error()}
			}
			b.note("rest", peer.name, figures)
		}
	}
	return nil
}

// rest measures when ten bindings are Ready that were made while the peer was down, and then, after another start, what
// the settled ones cost in a resync period.
func (b *bench) rest(of rest, peer peer, firstProbe int) (row, error) {
	listeners := of.bindings / perListener
	// Probes of this peer and of the ones before it have listeners of their own.
	world := cloudWorld{
		LoadBalancers: manyBalancer, Listeners: listeners + (firstProbe - of.bindings) + probes,
		AttachedListeners: listeners, Attached: perListener,
	}
	if err := b.cloud.make(world); err != nil {
		return nil, err
	}
	made := make([]binding, probes)
	for n := range made {
		made[n] = binding{number: firstProbe + n, listener: world.Listeners - probes + n}
	}
	if err := b.cluster.createAll(made); err != nil {
		return nil, err
	}
	figures := row{"bindings": of.bindings, "resync_s": of.resync.Seconds()}
	if err := b.coldStart(peer, made, figures); err != nil {
		return nil, err
	}
	running, err := b.start(peer, of.resync)
	if err != nil {
		return nil, err
	}
	defer running.stop()
	return figures, b.atRest(of, running, figures)
}

// coldStart has the usual resync period, because a controller may spread over it what nobody waits for.
func (b *bench) coldStart(peer peer, made []binding, figures row) error {
	watch, err := b.cluster.watch()
	if err != nil {
		return err
	}
	defer watch.stop()
	running, err := b.start(peer, usualResync)
	if err != nil {
		return err
	}
	defer running.stop()
	ready, last := watch.last(made, 1, b.size.longestWait)
	if ready == len(made) {
		figures["cold_s"] = last.Sub(running.began).Seconds()
	}
	figures["peak_mb"] = running.peak()
	return running.running()
}

// atRest measures memory, requests and CPU in one period of a peer that was started just now.
func (b *bench) atRest(of rest, running *process, figures row) error {
	// In the first period all are read after the start, and in the second what a peer saves at rest begins.
	time.Sleep(2 * of.resync)
	if err := b.cloud.resetCounts(); err != nil {
		return err
	}
	_, size, err := b.cluster.audited(0)
	if err != nil {
		return err
	}
	before, began := running.cpu(), time.Now()
	time.Sleep(of.resync)
	took, cpu := time.Since(began), running.cpu()-before
	shown, err := b.cloud.counts()
	if err != nil {
		return err
	}
	written, _, err := b.cluster.audited(size)
	if err != nil {
		return err
	}
	figures["rss_mb"], figures["private_mb"], figures["cpu_s"] = running.rss(), running.private(), cpu
	figures["peak_mb"] = max(figures["peak_mb"].(float64), running.peak())
	figures["cloud_requests"], figures["kubernetes_requests"] = shown.all("GET")+shown.all("PUT"), written
	figures["window_s"] = took.Seconds()
	return running.running()
}

// settlesAll creates many new bindings while the peer runs; the cloud answers at once.
func (b *bench) settlesAll() error {
	for _, count := range b.size.settles {
		for _, peer := range b.peers {
			if err := b.newCluster(); err != nil {
				return err
			}
			figures, err := b.settle(count, peer)
			if err != nil {
				figures = row{"bindings": count, "failed": err.Error()}
			}
			b.note("settle", peer.name, figures)
		}
	}
	return nil
}

func (b *bench) settle(count int, peer peer) (row, error) {
	world := cloudWorld{LoadBalancers: manyBalancer, Listeners: count/perListener + 1}
	if err := b.cloud.make(world); err != nil {
		return nil, err
	}
	running, err := b.start(peer, usualResync)
	if err != nil {
		return nil, err
	}
	defer running.stop()
	if err := b.warm(running, count, world.Listeners-1); err != nil {
		return nil, err
	}
	watch, err := b.cluster.watch()
	if err != nil {
		return nil, err
	}
	defer watch.stop()
	bindings := make([]binding, count)
	for n := range bindings {
		bindings[n] = binding{number: n, listener: n / perListener}
	}
	began := time.Now()
	if err := b.cluster.createAll(bindings); err != nil {
		return nil, err
	}
	created := time.Now()
	ready, last := watch.last(bindings, 1, 2*b.size.longestWait)
	shown, err := b.cloud.counts()
	if err != nil {
		return nil, err
	}
	lost, _, err := b.cloud.missing(bindings)
	figures := row{
		"bindings": count, "created_s": created.Sub(began).Seconds(), "ready": ready, "peak_mb": running.peak(),
		"puts": shown.Requests["PUT listener"], "conflicts": shown.Requests["409 listener"], "gets": shown.all("GET"),
		"lost": lost, "cpu_s": running.cpu(),
	}
	if ready == count {
		figures["after_last_s"], figures["all_ready_s"] = last.Sub(created).Seconds(), last.Sub(began).Seconds()
	}
	return figures, err
}

// rotations starts a peer where a sixth of the bindings, each on its own listener, was changed while it was down.
func (b *bench) rotations() error {
	for _, readMS := range b.size.rotated {
		err := b.each("rotated", func(peer peer) (row, error) {
			world := cloudWorld{
				LoadBalancers: rotatedAll, Listeners: rotatedAll, AttachedListeners: rotatedAll, Attached: 1, ReadMS: readMS,
			}
			if err := b.cloud.make(world); err != nil {
				return nil, err
			}
			err := b.cluster.seed(rotatedAll, func(n int) (string, []byte) {
				return b.pattern.settled(binding{number: n, listener: n})
			})
			if err != nil {
				return nil, err
			}
			return b.rotation(peer, readMS)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (b *bench) rotation(peer peer, readMS float64) (row, error) {
	var changed, wanted []binding
	for n := 0; n < rotatedAll; n += rotatedPart {
		changed = append(changed, binding{number: n, listener: n})
		wanted = append(wanted, binding{number: rotatedAll + n, listener: n})
	}
	err := b.cluster.becomes(func() bool {
		paths, err := b.cluster.paths()
		return err == nil && len(paths) == rotatedAll
	})
	if err != nil {
		return nil, err
	}
	err = each(len(changed), func(n int) error {
		return b.cluster.rotate(nameOf(changed[n].number), ids.Certificate(wanted[n].number))
	})
	if err != nil {
		return nil, err
	}
	watch, err := b.cluster.watch()
	if err != nil {
		return nil, err
	}
	defer watch.stop()
	running, err := b.start(peer, usualResync)
	if err != nil {
		return nil, err
	}
	defer running.stop()
	ready, last := watch.last(changed, 2, b.size.longestWait)
	time.Sleep(time.Second)
	shown, err := b.cloud.counts()
	if err != nil {
		return nil, err
	}
	lost, foreign, err := b.cloud.missing(wanted)
	figures := row{
		"bindings": rotatedAll, "changed": len(changed), "read_ms": readMS, "ready": ready, "lost": lost,
		"foreign_lost": foreign, "puts": shown.Requests["PUT listener"], "peak_mb": running.peak(),
		"gets_listener": shown.Requests["GET listener"] + shown.Requests["GET listeners"], "gets": shown.all("GET"),
	}
	if ready == len(changed) {
		figures["all_ready_s"] = last.Sub(running.began).Seconds()
	}
	return figures, err
}
