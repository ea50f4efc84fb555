package main

import (
	"bytes"
	"fmt"

	"certificatebinding.bench/ids"
)

// binding is one CertificateBinding by its numbers.
type binding struct {
	number    int // of its name and certificate
	listener  int
	namespace string // empty: the usual one
	secret    string // the Secret of its credential; empty: the controller's own
}

func nameOf(number int) string { return fmt.Sprintf("b-%07d", number) }

func (b binding) body() []byte {
	credentials := ""
	if b.secret != "" {
		credentials = fmt.Sprintf(`,"cloudCredentialsRef":{"secretName":%q}`, b.secret)
	}
	const form = `{"apiVersion":"certificates.bycloud.io/v1alpha1","kind":"CertificateBinding","metadata":{"name":%q},` +
		`"spec":{"certificateId":%q,"resourceId":%q,"region":"sao1","options":{"sni":true}%s}}`
	return fmt.Appendf(nil, form, nameOf(b.number), ids.Certificate(b.number), ids.Listener(b.listener), credentials)
}

// template makes the stored form of settled bindings of one that a controller has settled.
type template struct {
	object []byte
	of     binding
	uid    []byte
}

func newTemplate(object []byte, of binding) (template, error) {
	_, rest, found := bytes.Cut(object, []byte(`"uid":"`))
	if !found || len(rest) < 36 {
		return template{}, fmt.Errorf("the stored binding has no uid: %.200s", object)
	}
	return template{object: object, of: of, uid: bytes.Clone(rest[:36])}, nil
}

func (t template) settled(wanted binding) (name string, object []byte) {
	name = nameOf(wanted.number)
	object = bytes.ReplaceAll(t.object, []byte(nameOf(t.of.number)), []byte(name))
	object = bytes.ReplaceAll(object, []byte(ids.Certificate(t.of.number)), []byte(ids.Certificate(wanted.number)))
	object = bytes.ReplaceAll(object, []byte(ids.Listener(t.of.listener)), []byte(ids.Listener(wanted.listener)))
	uid := fmt.Appendf(nil, "d0000000-0000-4000-9000-%012x", wanted.number)
	return name, bytes.ReplaceAll(object, t.uid, uid)
}
