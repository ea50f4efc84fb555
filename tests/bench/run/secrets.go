package main

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"time"
)

// This controller takes at most 100 Secret names of a namespace.
const secretsInNamespace = 100

// manySecrets creates bindings that each act with the credential of a Secret of its own.
func (b *bench) manySecrets() error {
	count := b.size.secrets
	data := base64.StdEncoding.EncodeToString([]byte(b.cloud.cloudsYAML()))
	secret := func(n int) string { return fmt.Sprintf("credential-%d", n) }
	team := func(n int) string { return fmt.Sprintf("team-%d", n/secretsInNamespace) }
	post := func(path string, body []byte) error {
		_, err := b.cluster.ask(http.MethodPost, "/api/v1/namespaces"+path, "application/json", body)
		return err
	}
	for n := 0; n < count; n += secretsInNamespace {
		if err := post("", fmt.Appendf(nil, `{"metadata":{"name":%q}}`, team(n))); err != nil {
			return err
		}
	}
	err := each(count, func(n int) error {
		const form = `{"apiVersion":"v1","kind":"Secret","metadata":{"name":%q},"data":{"clouds.yaml":%q}}`
		return post("/"+team(n)+"/secrets", fmt.Appendf(nil, form, secret(n), data))
	})
	if err != nil {
		return err
	}
	return b.each("secrets", func(peer peer) (row, error) {
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
		bindings := make([]binding, count)
		for n := range bindings {
			bindings[n] = binding{number: n, listener: n, namespace: team(n), secret: secret(n)}
		}
		began := time.Now()
		if err := b.cluster.createAll(bindings); err != nil {
			return nil, err
		}
		ready, last := watch.last(bindings, 1, b.size.longestWait)
		time.Sleep(sampled)
		shown, err := b.cloud.counts()
		figures := row{
			"bindings": count, "ready": ready, "peak_mb": running.peak(), "rss_mb": running.rss(),
			"most_open_files": running.mostFDs.Load(), "tokens": shown.Requests["POST token"], "gets": shown.all("GET"),
		}
		if ready == count {
			figures["all_ready_s"] = last.Sub(began).Seconds()
		}
		return figures, err
	})
}
