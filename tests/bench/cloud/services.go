package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net/http"
	"strconv"
	"strings"
	"time"

	"certificatebinding.bench/ids"
)

const (
	project   = "4df7978bb2cf4afc91391260ded6416d"
	user      = "b01c14cbcdb4483cb373c0a7aaafac62"
	region    = "sao1"
	token     = "bench-token"
	tokenLife = 24 * time.Hour
	certLife  = 90 * 24 * time.Hour

	usualBarbicanPage   = 10
	largestBarbicanPage = 100
)

// makePEM is the one certificate that every container holds, because its content does not matter here.
func makePEM() []byte {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	template := x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "bench.example.com"},
		DNSNames: []string{"bench.example.com"}, NotBefore: time.Now(), NotAfter: time.Now().Add(certLife),
	}
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, &key.PublicKey, key)
	if err != nil {
		panic(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

func (s *server) versions(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, map[string]any{"version": map[string]any{
		"id": "v3.14", "status": "stable", "links": []map[string]string{{"rel": "self", "href": s.url + "/identity/v3/"}},
	}})
}

// discovery answers as the root of a service does; gophercloud asks there for the versions before it takes one.
func (s *server) discovery(path string, names ...string) http.HandlerFunc {
	versions := make([]map[string]any, 0, len(names))
	for _, name := range names {
		href := s.url + path + strings.SplitN(name, ".", 2)[0] + "/"
		versions = append(versions, map[string]any{
			"id": name, "status": "CURRENT", "updated": "2023-01-01T00:00:00Z",
			"links": []map[string]string{{"rel": "self", "href": href}},
		})
	}
	return func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, map[string]any{"versions": versions})
	}
}

func (s *server) service(kind, path string) map[string]any {
	return map[string]any{"id": kind, "type": kind, "name": kind, "endpoints": []map[string]string{
		{"id": kind, "interface": "public", "region": region, "region_id": region, "url": s.url + path},
	}}
}

func (s *server) login(w http.ResponseWriter, _ *http.Request) {
	s.counts.count("POST token", "")
	now := time.Now().UTC()
	const form = "2006-01-02T15:04:05.000000Z"
	w.Header().Set("X-Subject-Token", token)
	answer(w, http.StatusCreated, map[string]any{"token": map[string]any{
		"methods": []string{"application_credential"}, "audit_ids": []string{"bench"},
		"user":      map[string]any{"id": user, "name": "bench", "domain": map[string]string{"id": "default", "name": "Default"}},
		"project":   map[string]any{"id": project, "name": "bench", "domain": map[string]string{"id": "default", "name": "Default"}},
		"issued_at": now.Format(form), "expires_at": now.Add(tokenLife).Format(form),
		"roles": []map[string]string{{"id": "1", "name": "load-balancer_member"}},
		"catalog": []any{
			s.service("identity", "/identity/v3"), s.service("key-manager", "/key-manager"),
			s.service("load-balancer", "/load-balancer"),
		},
	}})
}

// The parts of a container: its id with another first digit.
func part(id, digit string) string { return digit + id[1:] }

func (s *server) shownContainer(id string) map[string]any {
	secrets := s.url + "/key-manager/v1/secrets/"
	return map[string]any{
		"created": created, "updated": created, "status": "ACTIVE", "name": "bench", "type": "certificate",
		"creator_id": user, "consumers": []string{}, "container_ref": s.refPrefix() + id,
		"secret_refs": []map[string]string{
			{"name": "private_key", "secret_ref": secrets + part(id, "5")},
			{"name": "certificate", "secret_ref": secrets + part(id, "4")},
		},
	}
}

func (s *server) shownSecret(id string) map[string]any {
	return map[string]any{
		"created": created, "updated": created, "status": "ACTIVE", "name": "bench", "secret_type": "certificate",
		"expiration": nil, "algorithm": nil, "bit_length": nil, "mode": nil, "creator_id": user,
		"content_types": map[string]string{"default": "text/plain"}, "secret_ref": s.url + "/key-manager/v1/secrets/" + id,
	}
}

// listed answers as Barbican's lists do: a page of at most 100, from an offset. The certificates that listeners held
// when the world was made are listed; of each `each` objects.
func (s *server) listed(w http.ResponseWriter, r *http.Request, kind string, each int, shown func(int) any) {
	s.counts.count("GET "+kind, "")
	s.pause()
	settings := s.world().settings
	total := each * settings.AttachedListeners * settings.Attached
	query := r.URL.Query()
	limit, err := strconv.Atoi(query.Get("limit"))
	if err != nil || limit < 1 {
		limit = usualBarbicanPage
	}
	offset, err := strconv.Atoi(query.Get("offset"))
	if err != nil {
		offset = 0
	}
	to := min(offset+min(limit, largestBarbicanPage), total)
	objects := []any{}
	for n := offset; n < to; n++ {
		objects = append(objects, shown(n))
	}
	list := map[string]any{kind: objects, "total": total}
	if to < total {
		query.Set("offset", strconv.Itoa(to))
		list["next"] = s.url + r.URL.Path + "?" + query.Encode()
	}
	answer(w, http.StatusOK, list)
}

func (s *server) containers(w http.ResponseWriter, r *http.Request) {
	s.listed(w, r, "containers", 1, func(n int) any { return s.shownContainer(ids.Certificate(n)) })
}

func (s *server) secrets(w http.ResponseWriter, r *http.Request) {
	s.listed(w, r, "secrets", 2, func(n int) any {
		return s.shownSecret(part(ids.Certificate(n/2), []string{"4", "5"}[n%2]))
	})
}

func (s *server) container(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	s.counts.count("GET container", id)
	s.pause()
	if !ids.IsContainer(id) {
		answer(w, http.StatusNotFound, map[string]any{"code": 404, "title": "Not Found", "description": "Secrets container not found."})
		return
	}
	answer(w, http.StatusOK, s.shownContainer(id))
}

func (s *server) secret(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	s.counts.count("GET secret", "")
	s.pause()
	if !strings.HasPrefix(id, "4") && !strings.HasPrefix(id, "5") {
		answer(w, http.StatusNotFound, map[string]any{"code": 404, "title": "Not Found", "description": "Not Found. Sorry but your secret is in another castle."})
		return
	}
	answer(w, http.StatusOK, s.shownSecret(id))
}

func (s *server) payload(w http.ResponseWriter, _ *http.Request) {
	s.counts.count("GET payload", "")
	s.pause()
	w.Header().Set("Content-Type", "text/plain")
	_, _ = w.Write(s.pem)
}
