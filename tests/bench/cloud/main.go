// cloud answers as Keystone, Barbican and Octavia do, as far as a controller of certificate bindings asks them: with
// Octavia's measured PUT times, the lock of the load balancer and its 409. It counts what it is asked.
//
// tests/cloudsim is the simulator that tests use, and knows far more; this one is quick enough to stand beside what it
// measures on two cores. Prints its URL when it listens.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"time"
)

type server struct {
	url     string
	counts  *counter
	current atomic.Pointer[world]
	pem     []byte
}

func (s *server) world() *world     { return s.current.Load() }
func (s *server) refPrefix() string { return s.url + "/key-manager/v1/containers/" }

func (s *server) pause() {
	if wait := s.world().settings.ReadMS; wait > 0 {
		time.Sleep(milliseconds(wait))
	}
}

func answer(w http.ResponseWriter, code int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(body)
}

func (s *server) control(w http.ResponseWriter, r *http.Request) {
	switch r.Method + " " + strings.TrimPrefix(r.URL.Path, "/control/") {
	case "POST world":
		var settings Settings
		if err := json.NewDecoder(r.Body).Decode(&settings); err != nil {
			answer(w, http.StatusBadRequest, err.Error())
			return
		}
		s.current.Store(newWorld(settings, s.refPrefix()))
		s.counts.reset()
	case "POST reset-counts":
		s.counts.reset()
	case "GET counts":
		answer(w, http.StatusOK, s.counts.shown())
	case "GET first":
		answer(w, http.StatusOK, s.counts.firsts())
	case "GET listeners":
		world, refs := s.world(), map[string][]string{}
		for n := range world.listeners {
			found, _ := world.read(n)
			refs[found.id] = append([]string{}, found.sniRefs...)
			if found.defaultRef != nil {
				refs[found.id] = append(refs[found.id], *found.defaultRef)
			}
		}
		answer(w, http.StatusOK, refs)
	default:
		http.NotFound(w, r)
	}
}

// services answers a client with a token.
func (s *server) services() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /identity/v3/{$}", s.versions)
	mux.HandleFunc("GET /identity/v3", s.versions)
	mux.HandleFunc("GET /key-manager/{$}", s.discovery("/key-manager/", "v1"))
	mux.HandleFunc("GET /load-balancer/{$}", s.discovery("/load-balancer/", "v2.26"))
	mux.HandleFunc("POST /identity/v3/auth/tokens", s.login)
	mux.HandleFunc("GET /key-manager/v1/containers", s.containers)
	mux.HandleFunc("GET /key-manager/v1/secrets", s.secrets)
	mux.HandleFunc("GET /key-manager/v1/containers/{id}", s.container)
	mux.HandleFunc("GET /key-manager/v1/secrets/{id}", s.secret)
	mux.HandleFunc("GET /key-manager/v1/secrets/{id}/payload", s.payload)
	for _, lbaas := range []string{"/load-balancer/v2/lbaas/", "/load-balancer/v2.0/lbaas/"} {
		mux.HandleFunc("GET "+lbaas+"listeners", s.listeners)
		mux.HandleFunc("GET "+lbaas+"loadbalancers", s.balancers)
		mux.HandleFunc("GET "+lbaas+"listeners/{id}", s.listener)
		mux.HandleFunc("PUT "+lbaas+"listeners/{id}", s.listener)
		mux.HandleFunc("GET "+lbaas+"loadbalancers/{id}", s.balancer)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.counts.begin()
		defer s.counts.end()
		if _, pattern := mux.Handler(r); pattern == "" {
			s.counts.count("unknown "+r.Method+" "+r.URL.Path, "")
		}
		if !strings.HasPrefix(r.URL.Path, "/identity/") && r.Header.Get("X-Auth-Token") != token {
			answer(w, http.StatusUnauthorized, map[string]any{"error": map[string]any{"code": 401, "title": "Unauthorized", "message": "The request you have made requires authentication."}})
			return
		}
		mux.ServeHTTP(w, r)
	})
}

func main() {
	address := flag.String("address", "127.0.0.1:0", "where to listen")
	flag.Parse()
	socket, err := net.Listen("tcp", *address)
	if err != nil {
		log.Fatal(err)
	}
	s := &server{url: "http://" + socket.Addr().String(), counts: newCounter(), pem: makePEM()}
	s.current.Store(newWorld(Settings{}, s.refPrefix()))
	services := s.services()
	serving := &http.Server{
		ReadHeaderTimeout: time.Minute, ConnState: s.counts.connection,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.HasPrefix(r.URL.Path, "/control/") {
				s.control(w, r)
				return
			}
			services.ServeHTTP(w, r)
		}),
	}
	fmt.Println(s.url)
	log.Fatal(serving.Serve(socket))
}
