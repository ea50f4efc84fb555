package main

import (
	"fmt"
	"syscall"
	"time"
)

const standBy = 3 * time.Second

// failOvers ends the leader of two, by SIGKILL and by SIGTERM, and creates a binding at once.
func (b *bench) failOvers() error {
	if !b.size.failsOver {
		return nil
	}
	return b.each("failover", func(peer peer) (row, error) {
		if len(peer.elects) == 0 {
			return row{"election": false}, nil
		}
		if err := b.cloud.make(cloudWorld{LoadBalancers: perListener, Listeners: perListener}); err != nil {
			return nil, err
		}
		leader, err := b.start(peer, usualResync, peer.elects...)
		if err != nil {
			return nil, err
		}
		defer func() { leader.stop() }()
		if err := b.warm(leader, 0, 0); err != nil {
			return nil, err
		}
		figures := row{"election": true}
		for n, way := range []syscall.Signal{syscall.SIGKILL, syscall.SIGTERM} {
			next, err := b.start(peer, usualResync, peer.elects...)
			if err != nil {
				return nil, err
			}
			time.Sleep(standBy)
			took, err := b.successor(leader, way, binding{number: n + 1, listener: n + 1})
			leader.stop()
			leader = next
			if err != nil {
				return nil, err
			}
			figures[map[syscall.Signal]string{syscall.SIGKILL: "killed_s", syscall.SIGTERM: "ended_s"}[way]] = took.Seconds()
		}
		return figures, nil
	})
}

// successor is how long it takes from the end of the leader until a binding that is created then is Ready.
func (b *bench) successor(leader *process, way syscall.Signal, one binding) (time.Duration, error) {
	watch, err := b.cluster.watch()
	if err != nil {
		return 0, err
	}
	defer watch.stop()
	began := time.Now()
	if err := leader.command.Process.Signal(way); err != nil {
		return 0, err
	}
	if err := b.cluster.create(one); err != nil {
		return 0, err
	}
	const longest = time.Minute
	ready, last := watch.last([]binding{one}, 1, longest)
	if ready != 1 {
		return 0, fmt.Errorf("nobody took over within %s", longest)
	}
	return last.Sub(began), nil
}
