package main

import (
	"slices"
	"sync"
	"time"

	"certificatebinding.bench/ids"
)

// Settings is a cloud as the control API makes it.
type Settings struct {
	LoadBalancers int `json:"load_balancers"`
	Listeners     int `json:"listeners"` // listener n is on load balancer n % load_balancers
	// The listeners below this number hold the certificates of this many bindings each, as if they had been attached
	// before: listener n those of the numbers n*attached to (n+1)*attached-1.
	AttachedListeners int     `json:"attached_listeners"`
	Attached          int     `json:"attached"`
	PutScale          float64 `json:"put_scale"` // of Octavia's measured times; 0: at once
	ReadMS            float64 `json:"read_ms"`   // how long each read takes
}

// Octavia's times on two cores, as tests/cloudsim has them: milliseconds of a PUT by the refs in its body and by those
// that the listener then holds, and of PENDING_UPDATE after it.
const (
	putBase           = 200.0
	putPerRef         = 29.0
	putPerRefSquared  = 0.23
	putPerHeldSquared = 0.2
	pendingTime       = 200.0
)

func milliseconds(number float64) time.Duration {
	return time.Duration(number * float64(time.Millisecond))
}

type listener struct {
	id           string
	loadBalancer int
	defaultRef   *string
	sniRefs      []string // sorted, because Octavia keeps a set
	pending      bool
}

type world struct {
	mutex     sync.Mutex
	settings  Settings
	refPrefix string // of a container's ref, without its id
	locked    []bool // by load balancer: a change is under way
	listeners []listener
}

func newWorld(settings Settings, refPrefix string) *world {
	if settings.LoadBalancers < 1 {
		settings.LoadBalancers = 1
	}
	made := &world{
		settings: settings, refPrefix: refPrefix, locked: make([]bool, settings.LoadBalancers),
		listeners: make([]listener, settings.Listeners),
	}
	for n := range made.listeners {
		foreign := refPrefix + ids.Foreign(n)
		made.listeners[n] = listener{id: ids.Listener(n), loadBalancer: n % settings.LoadBalancers, defaultRef: &foreign}
		for k := 0; n < settings.AttachedListeners && k < settings.Attached; k++ {
			certificate := ids.Certificate(n*settings.Attached + k)
			made.listeners[n].sniRefs = append(made.listeners[n].sniRefs, refPrefix+certificate)
		}
	}
	return made
}

// read copies a listener; false: there is none of this number.
func (w *world) read(number int) (listener, bool) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	if number < 0 || number >= len(w.listeners) {
		return listener{}, false
	}
	return w.listeners[number], true
}

// balancer tells whether a load balancer is locked, and which listeners it has; false: there is none.
func (w *world) balancer(number int) (locked bool, listeners []int, found bool) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	if number < 0 || number >= len(w.locked) {
		return false, nil, false
	}
	for n := number; n < len(w.listeners); n += len(w.locked) {
		listeners = append(listeners, n)
	}
	return w.locked[number], listeners, true
}

type change struct {
	hasDefault bool
	defaultRef *string
	hasSNI     bool
	sniRefs    []string
}

// putTime is how long Octavia validates the refs of a change before it takes the lock.
func (w *world) putTime(of listener, wanted change) time.Duration {
	refs := float64(len(wanted.sniRefs))
	if wanted.defaultRef != nil && !slices.Contains(wanted.sniRefs, *wanted.defaultRef) {
		refs++
	}
	held := float64(max(len(of.sniRefs), len(wanted.sniRefs)))
	return milliseconds(w.settings.PutScale * (putBase + putPerRef*refs + putPerRefSquared*refs*refs + putPerHeldSquared*held*held))
}

// store takes the lock and applies the change. False: the load balancer is immutable now.
func (w *world) store(number int, wanted change) (listener, bool) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	at := &w.listeners[number]
	if w.locked[at.loadBalancer] {
		return listener{}, false
	}
	if wanted.hasDefault {
		at.defaultRef = wanted.defaultRef
	}
	if wanted.hasSNI {
		at.sniRefs = slices.Clone(wanted.sniRefs)
		slices.Sort(at.sniRefs)
		at.sniRefs = slices.Compact(at.sniRefs)
	}
	at.pending = true
	shown := *at
	if w.settings.PutScale <= 0 {
		at.pending = false // The worker is done before anybody can look.
		return shown, true
	}
	w.locked[at.loadBalancer] = true
	time.AfterFunc(milliseconds(w.settings.PutScale*pendingTime), func() { w.release(number) })
	return shown, true
}

func (w *world) release(number int) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.listeners[number].pending = false
	w.locked[w.listeners[number].loadBalancer] = false
}
