package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	kubernetes "k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

const (
	allBindings = "/apis/certificates.bycloud.io/v1alpha1/certificatebindings"
	namespace   = "default" // of all bindings but those that name another one
	etcdPrefix  = "/registry/certificates.bycloud.io/certificatebindings/default/"
	userAgent   = "benchmark"
	atOnce      = 16  // requests of the driver to the API server
	etcdBatch   = 100 // etcd takes 128 operations in a transaction
)

// cluster is a real etcd and kube-apiserver with the CustomResourceDefinition.
type cluster struct {
	program, folder, kubeconfig string
	server                      string
	client                      *http.Client
	etcd                        string
}

func startCluster(program, folder, crd string) (*cluster, error) {
	_ = exec.Command(program, "stop", folder).Run()
	command := exec.Command(program, "start", folder)
	command.Stderr = os.Stderr
	if err := command.Run(); err != nil {
		return nil, fmt.Errorf("the servers do not start: %w", err)
	}
	c := &cluster{program: program, folder: folder, kubeconfig: filepath.Join(folder, "admin.kubeconfig")}
	config, err := clientcmd.BuildConfigFromFlags("", c.kubeconfig)
	if err != nil {
		return nil, err
	}
	config.UserAgent = userAgent
	if c.client, err = kubernetes.HTTPClientFor(config); err != nil {
		return nil, err
	}
	c.server = config.Host
	if c.etcd, err = etcdOf(folder); err != nil {
		return nil, err
	}
	definition, err := os.ReadFile(crd)
	if err != nil {
		return nil, err
	}
	path := "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
	if _, err := c.ask(http.MethodPost, path, "application/yaml", definition); err != nil {
		return nil, err
	}
	return c, c.becomes(func() bool {
		_, err := c.ask(http.MethodGet, allBindings, "", nil)
		return err == nil
	})
}

func (c *cluster) stop() { _ = exec.Command(c.program, "stop", c.folder).Run() }

func (c *cluster) becomes(ready func() bool) error {
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if ready() {
			return nil
		}
	}
	return errors.New("the cluster did not become ready in a minute")
}

// etcdOf is the URL of the etcd whose data is in this folder.
func etcdOf(folder string) (string, error) {
	processes, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		return "", err
	}
	for _, name := range processes {
		line, _ := os.ReadFile(name)
		arguments := strings.Split(string(line), "\x00")
		if !strings.Contains(string(line), "--data-dir="+filepath.Join(folder, "etcd")+"\x00") {
			continue
		}
		for _, argument := range arguments {
			if url, found := strings.CutPrefix(argument, "--listen-client-urls="); found {
				return url, nil
			}
		}
	}
	return "", errors.New("there is no etcd for " + folder)
}

func send(client *http.Client, method, url, contentType string, body []byte) ([]byte, error) {
	request, err := http.NewRequest(method, url, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	if contentType != "" {
		request.Header.Set("Content-Type", contentType)
	}
	answer, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode >= http.StatusMultipleChoices {
		err = fmt.Errorf("%s %s: %s: %.300s", method, url, answer.Status, text)
	}
	return text, err
}

func (c *cluster) ask(method, path, contentType string, body []byte) ([]byte, error) {
	return send(c.client, method, c.server+path, contentType, body)
}

// each calls what for 0 to count-1, several at once, and returns the first error.
func each(count int, what func(n int) error) error {
	var next atomic.Int64
	var workers sync.WaitGroup
	failures := make(chan error, atOnce)
	for range min(atOnce, count) {
		workers.Go(func() {
			for n := int(next.Add(1)) - 1; n < count; n = int(next.Add(1)) - 1 {
				if err := what(n); err != nil {
					failures <- err
					return
				}
			}
		})
	}
	workers.Wait()
	close(failures)
	return <-failures
}

func bindingsPath(of string) string {
	return "/apis/certificates.bycloud.io/v1alpha1/namespaces/" + of + "/certificatebindings"
}

func (c *cluster) create(of binding) error {
	in := namespace
	if of.namespace != "" {
		in = of.namespace
	}
	_, err := c.ask(http.MethodPost, bindingsPath(in), "application/json", of.body())
	return err
}

func (c *cluster) createAll(bindings []binding) error {
	return each(len(bindings), func(n int) error { return c.create(bindings[n]) })
}

// rotate gives a binding another certificate.
func (c *cluster) rotate(name, certificate string) error {
	patch := fmt.Sprintf(`{"spec":{"certificateId":%q}}`, certificate)
	_, err := c.ask(http.MethodPatch, bindingsPath(namespace)+"/"+name, "application/merge-patch+json", []byte(patch))
	return err
}

// paths are those of all bindings.
func (c *cluster) paths() ([]string, error) {
	text, err := c.ask(http.MethodGet, allBindings, "", nil)
	if err != nil {
		return nil, err
	}
	var list struct {
		Items []struct {
			Metadata struct {
				Name      string `json:"name"`
				Namespace string `json:"namespace"`
			} `json:"metadata"`
		} `json:"items"`
	}
	err = json.Unmarshal(text, &list)
	paths := make([]string, 0, len(list.Items))
	for _, item := range list.Items {
		paths = append(paths, bindingsPath(item.Metadata.Namespace)+"/"+item.Metadata.Name)
	}
	return paths, err
}

// clear removes all bindings past the finalizer; no controller runs.
func (c *cluster) clear() error {
	paths, err := c.paths()
	if err != nil {
		return err
	}
	return each(len(paths), func(n int) error {
		body := []byte(`{"metadata":{"finalizers":null}}`)
		if _, err := c.ask(http.MethodPatch, paths[n], "application/merge-patch+json", body); err != nil {
			return err
		}
		_, err := c.ask(http.MethodDelete, paths[n], "", nil)
		return err
	})
}

func encoded(text []byte) string { return base64.StdEncoding.EncodeToString(text) }

// stored is a binding as it stands in etcd.
func (c *cluster) stored(name string) ([]byte, error) {
	body := fmt.Sprintf(`{"key":%q}`, encoded([]byte(etcdPrefix+name)))
	text, err := send(http.DefaultClient, http.MethodPost, c.etcd+"/v3/kv/range", "application/json", []byte(body))
	if err != nil {
		return nil, err
	}
	var answer struct {
		KVs []struct {
			Value []byte `json:"value"`
		} `json:"kvs"`
	}
	if err := json.Unmarshal(text, &answer); err != nil || len(answer.KVs) != 1 {
		return nil, fmt.Errorf("etcd has no binding %s: %.200s", name, text)
	}
	return answer.KVs[0].Value, nil
}

// seed writes bindings straight into etcd, because the API server would take minutes for as many.
func (c *cluster) seed(count int, value func(n int) (name string, object []byte)) error {
	type operation struct {
		Put map[string]string `json:"requestPut"`
	}
	batches := (count + etcdBatch - 1) / etcdBatch
	return each(batches, func(batch int) error {
		var transaction struct {
			Success []operation `json:"success"`
		}
		for n := batch * etcdBatch; n < min(count, (batch+1)*etcdBatch); n++ {
			name, object := value(n)
			transaction.Success = append(transaction.Success, operation{map[string]string{
				"key": encoded([]byte(etcdPrefix + name)), "value": encoded(object),
			}})
		}
		body, err := json.Marshal(transaction)
		if err != nil {
			return err
		}
		_, err = send(http.DefaultClient, http.MethodPost, c.etcd+"/v3/kv/txn", "application/json", body)
		return err
	})
}

// listed is how long curl takes for the list of all bindings.
func (c *cluster) listed() (time.Duration, error) {
	began := time.Now()
	command := exec.Command("curl", "--fail", "--silent", "--noproxy", "*", "--output", "/dev/null",
		"--cacert", filepath.Join(c.folder, "ca.crt"), "--cert", filepath.Join(c.folder, "admin.crt"),
		"--key", filepath.Join(c.folder, "admin.key"), c.server+allBindings)
	err := command.Run()
	return time.Since(began), err
}

// audited counts the requests that others than this driver sent since the log had this size.
func (c *cluster) audited(since int64) (requests int, size int64, err error) {
	file, err := os.Open(filepath.Join(c.folder, "audit.log"))
	if err != nil {
		return 0, 0, err
	}
	defer file.Close()
	if _, err := file.Seek(since, io.SeekStart); err != nil {
		return 0, 0, err
	}
	text, err := io.ReadAll(file)
	for _, line := range bytes.Split(text, []byte("\n")) {
		if len(line) > 0 && !bytes.Contains(line, []byte(`"userAgent":"`+userAgent+`"`)) {
			requests++
		}
	}
	return requests, since + int64(len(text)), err
}
