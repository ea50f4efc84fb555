package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"certificatebinding.bench/ids"
)

const (
	created     = "2026-01-01T00:00:00"
	largestPage = 1000 // Octavia's pagination_max_limit is unlimited by default; a client asks for a page anyway
)

func status(pending bool) string {
	if pending {
		return "PENDING_UPDATE"
	}
	return "ACTIVE"
}

func shownListener(of listener) map[string]any {
	sni := of.sniRefs
	if sni == nil {
		sni = []string{}
	}
	return map[string]any{
		"id": of.id, "name": "https", "description": "", "provisioning_status": status(of.pending),
		"operating_status": "ONLINE", "admin_state_up": true, "protocol": "TERMINATED_HTTPS", "protocol_port": 443,
		"connection_limit": -1, "default_tls_container_ref": of.defaultRef, "sni_container_refs": sni,
		"project_id": project, "tenant_id": project, "default_pool_id": nil, "l7policies": []string{},
		"insert_headers": map[string]string{}, "created_at": created, "updated_at": created,
		"loadbalancers":       []map[string]string{{"id": ids.LoadBalancer(of.loadBalancer)}},
		"timeout_client_data": 50000, "timeout_member_connect": 5000, "timeout_member_data": 50000,
		"timeout_tcp_inspect": 0, "tags": []string{}, "client_ca_tls_container_ref": nil,
		"client_authentication": "NONE", "client_crl_container_ref": nil, "allowed_cidrs": nil,
		"tls_versions": []string{"TLSv1.2", "TLSv1.3"}, "alpn_protocols": []string{"h2", "http/1.1", "http/1.0"},
	}
}

func fault(w http.ResponseWriter, code int, text string) {
	answer(w, code, map[string]any{"faultcode": "Client", "faultstring": text, "debuginfo": nil})
}

func (s *server) listener(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	s.counts.count(r.Method+" listener", id)
	number, known := ids.Number(id)
	found, ok := s.world().read(number)
	if !known || !ids.IsListener(id) || !ok {
		s.pause()
		fault(w, http.StatusNotFound, "Listener "+id+" not found.")
		return
	}
	if r.Method == http.MethodGet {
		s.pause()
		answer(w, http.StatusOK, map[string]any{"listener": shownListener(found)})
		return
	}
	s.put(w, r, number, found)
}

func readChange(r *http.Request) (change, error) {
	var body struct {
		Listener map[string]json.RawMessage `json:"listener"`
	}
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		return change{}, err
	}
	var wanted change
	for name, value := range body.Listener {
		var err error
		switch name {
		case "default_tls_container_ref":
			wanted.hasDefault = true
			err = json.Unmarshal(value, &wanted.defaultRef)
		case "sni_container_refs":
			wanted.hasSNI = !bytes.Equal(value, []byte("null"))
			err = json.Unmarshal(value, &wanted.sniRefs)
		default:
			err = fmt.Errorf("unknown attribute %s", name)
		}
		if err != nil {
			return change{}, err
		}
	}
	return wanted, nil
}

// put validates for as long as Octavia does, and takes the lock only then, as Octavia does.
func (s *server) put(w http.ResponseWriter, r *http.Request, number int, found listener) {
	wanted, err := readChange(r)
	if err != nil {
		fault(w, http.StatusBadRequest, err.Error())
		return
	}
	began, world := time.Now(), s.world()
	time.Sleep(world.putTime(found, wanted))
	shown, stored := world.store(number, wanted)
	if !stored {
		s.counts.count("409 listener", "")
		text := "Load Balancer %s is immutable and cannot be updated."
		fault(w, http.StatusConflict, fmt.Sprintf(text, ids.LoadBalancer(found.loadBalancer)))
		return
	}
	s.counts.worked(time.Since(began) + milliseconds(world.settings.PutScale*pendingTime))
	answer(w, http.StatusOK, map[string]any{"listener": shownListener(shown)})
}

func shownBalancer(number int, locked bool, listeners []int) map[string]any {
	named := make([]map[string]string, 0, len(listeners))
	for _, n := range listeners {
		named = append(named, map[string]string{"id": ids.Listener(n)})
	}
	return map[string]any{
		"id": ids.LoadBalancer(number), "name": "lb", "description": "", "provisioning_status": status(locked),
		"operating_status": "ONLINE", "admin_state_up": true, "project_id": project, "tenant_id": project,
		"created_at": created, "updated_at": created, "listeners": named, "pools": []string{},
		"vip_address": "198.51.100.1", "provider": "amphora", "flavor_id": nil, "tags": []string{},
	}
}

func (s *server) balancer(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	s.counts.count(r.Method+" load balancer", "")
	s.pause()
	number, known := ids.Number(id)
	locked, listeners, ok := s.world().balancer(number)
	if !known || !ids.IsLoadBalancer(id) || !ok {
		fault(w, http.StatusNotFound, "Load Balancer "+id+" not found.")
		return
	}
	answer(w, http.StatusOK, map[string]any{"loadbalancer": shownBalancer(number, locked, listeners)})
}

// page cuts a list of objects that are numbered from 0 by limit and marker.
func page(query url.Values, total int) (from, to int) {
	limit, err := strconv.Atoi(query.Get("limit"))
	if err != nil || limit < 1 || limit > largestPage {
		limit = largestPage
	}
	if number, ok := ids.Number(query.Get("marker")); ok {
		from = number + 1
	}
	from = min(from, total)
	return from, min(from+limit, total)
}

func (s *server) list(w http.ResponseWriter, r *http.Request, kind string, total int, id func(int) string, shown func(int) any) {
	s.counts.count("GET "+kind+"s", "")
	s.pause()
	query := r.URL.Query()
	from, to := page(query, total)
	objects := make([]any, 0, to-from)
	for n := from; n < to; n++ {
		objects = append(objects, shown(n))
	}
	links := []map[string]string{}
	if to < total {
		query.Set("marker", id(to-1))
		links = append(links, map[string]string{"rel": "next", "href": s.url + r.URL.Path + "?" + query.Encode()})
	}
	answer(w, http.StatusOK, map[string]any{kind + "s": objects, kind + "s_links": links})
}

func (s *server) listeners(w http.ResponseWriter, r *http.Request) {
	world := s.world()
	s.list(w, r, "listener", len(world.listeners), ids.Listener, func(n int) any {
		found, _ := world.read(n)
		return shownListener(found)
	})
}

func (s *server) balancers(w http.ResponseWriter, r *http.Request) {
	world := s.world()
	s.list(w, r, "loadbalancer", len(world.locked), ids.LoadBalancer, func(n int) any {
		locked, listeners, _ := world.balancer(n)
		return shownBalancer(n, locked, listeners)
	})
}
