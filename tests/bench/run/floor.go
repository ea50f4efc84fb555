package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"certificatebinding.bench/ids"
)

const mergePatch = "application/merge-patch+json"

// statusOf is what a controller writes when the binding is settled, and what it writes ahead of the change.
func (b *bench) statusOf(of binding) (settled, ahead []byte, err error) {
	_, object := b.pattern.settled(of)
	var stored struct {
		Status json.RawMessage `json:"status"`
	}
	if err := json.Unmarshal(object, &stored); err != nil {
		return nil, nil, err
	}
	settled = fmt.Appendf(nil, `{"status":%s}`, stored.Status)
	ahead = bytes.ReplaceAll(settled, []byte(`"confirmed":true`), []byte(`"confirmed":false`))
	return settled, bytes.ReplaceAll(ahead, []byte(`"True"`), []byte(`"False"`)), nil
}

// announced creates a binding, and makes the two writes that come before the change of its listener.
func (b *bench) announced(of binding, ahead []byte) error {
	if err := b.cluster.create(of); err != nil {
		return err
	}
	path := bindingsPath(namespace) + "/" + nameOf(of.number)
	finalizer := []byte(`{"metadata":{"finalizers":["certificates.bycloud.io/binding"]}}`)
	if _, err := b.cluster.ask(http.MethodPatch, path, mergePatch, finalizer); err != nil {
		return err
	}
	_, err := b.cluster.ask(http.MethodPatch, path+"/status", mergePatch, ahead)
	return err
}

// settled writes that bindings are Ready.
func (b *bench) settled(bindings []binding, status map[int][]byte) error {
	return each(len(bindings), func(n int) error {
		path := bindingsPath(namespace) + "/" + nameOf(bindings[n].number) + "/status"
		_, err := b.cluster.ask(http.MethodPatch, path, mergePatch, status[bindings[n].number])
		return err
	})
}

// floor is how long the cloud and the API server take for the writes of this controller, where nothing is read and
// nobody waits for more bindings: create, finalizer, the ledger ahead, one change for each listener, and the status.
func (b *bench) floor(of burst) (time.Duration, error) {
	if err := b.cluster.clear(); err != nil {
		return 0, err
	}
	bindings := of.all()
	// Listener by listener, so that the first changes begin while others are still announced.
	slices.SortStableFunc(bindings, func(x, y binding) int { return x.listener - y.listener })
	last, ahead := map[int][]byte{}, map[int][]byte{}
	members, announced := make([][]binding, of.listeners), make([]sync.WaitGroup, of.listeners)
	for _, one := range bindings {
		var err error
		if last[one.number], ahead[one.number], err = b.statusOf(one); err != nil {
			return 0, err
		}
		members[one.listener] = append(members[one.listener], one)
		announced[one.listener].Add(1)
	}
	failures := make(chan error, len(bindings)+2*of.listeners)
	var changes, statuses sync.WaitGroup
	began := time.Now()
	for lane := range of.loadBalancers {
		changes.Go(func() {
			for n := lane; n < of.listeners; n += of.loadBalancers {
				announced[n].Wait()
				refs := make([]string, 0, len(members[n]))
				for _, one := range members[n] {
					refs = append(refs, b.cloud.ref(ids.Certificate(one.number)))
				}
				failures <- b.cloud.change(ids.Listener(n), refs)
				statuses.Go(func() { failures <- b.settled(members[n], last) })
			}
		})
	}
	_ = each(len(bindings), func(n int) error {
		failures <- b.announced(bindings[n], ahead[bindings[n].number])
		announced[bindings[n].listener].Done()
		return nil
	})
	changes.Wait()
	statuses.Wait()
	took := time.Since(began)
	close(failures)
	for err := range failures {
		if err != nil {
			return 0, err
		}
	}
	return took, nil
}
