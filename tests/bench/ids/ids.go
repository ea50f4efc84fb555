// Package ids names the objects of a benchmark by their number, so that the stub cloud needs no list of certificates.
package ids

import (
	"fmt"
	"strconv"
)

const (
	loadBalancer = "10000000"
	listener     = "20000000"
	container    = "30000000"
	foreign      = "3f000000"
)

func id(kind string, number int) string { return fmt.Sprintf("%s-0000-4000-8000-%012x", kind, number) }

// LoadBalancer is the id of a load balancer by its number.
func LoadBalancer(number int) string { return id(loadBalancer, number) }

// Listener is the id of a listener by its number.
func Listener(number int) string { return id(listener, number) }

// Certificate is the id of a Barbican container by its number.
func Certificate(number int) string { return id(container, number) }

// Foreign is the id of the default certificate that somebody else put on the listener of this number.
func Foreign(number int) string { return id(foreign, number) }

// Number is the number of an id that this package made.
func Number(of string) (int, bool) {
	if len(of) != 36 {
		return 0, false
	}
	number, err := strconv.ParseInt(of[24:], 16, 64)
	return int(number), err == nil
}

// IsListener tells whether the id is that of a listener.
func IsListener(of string) bool { return len(of) == 36 && of[:8] == listener }

// IsLoadBalancer tells whether the id is that of a load balancer.
func IsLoadBalancer(of string) bool { return len(of) == 36 && of[:8] == loadBalancer }

// IsContainer tells whether the id is that of a container, of a binding or foreign.
func IsContainer(of string) bool {
	return len(of) == 36 && (of[:8] == container || of[:8] == foreign)
}
