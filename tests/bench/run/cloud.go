package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"certificatebinding.bench/ids"
)

// cloudWorld is what the control API of the stub cloud takes; cloud/world.go explains the members.
type cloudWorld struct {
	LoadBalancers     int     `json:"load_balancers"`
	Listeners         int     `json:"listeners"`
	AttachedListeners int     `json:"attached_listeners"`
	Attached          int     `json:"attached"`
	PutScale          float64 `json:"put_scale"`
	ReadMS            float64 `json:"read_ms"`
}

type counts struct {
	Requests        map[string]int `json:"requests"`
	MostInFlight    int            `json:"most_in_flight"`
	MostConnections int            `json:"most_connections"`
}

func (c counts) all(method string) int {
	sum := 0
	for kind, number := range c.Requests {
		if strings.HasPrefix(kind, method+" ") {
			sum += number
		}
	}
	return sum
}

type stubCloud struct {
	url     string
	command *exec.Cmd
	client  *http.Client
}

func startCloud(program string) (*stubCloud, error) {
	command := exec.Command(program)
	command.Stderr = os.Stderr
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	out, err := command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := command.Start(); err != nil {
		return nil, err
	}
	url, err := bufio.NewReader(out).ReadString('\n')
	return &stubCloud{url: strings.TrimSpace(url), command: command, client: &http.Client{}}, err
}

func (s *stubCloud) stop() {
	_ = s.command.Process.Kill()
	_ = s.command.Wait()
}

func (s *stubCloud) cloudsYAML() string {
	const form = `clouds:
  bench:
    auth_type: v3applicationcredential
    region_name: sao1
    auth:
      auth_url: %s/identity/v3
      application_credential_id: bench
      application_credential_secret: bench-secret
`
	return fmt.Sprintf(form, s.url)
}

func (s *stubCloud) control(method, path string, body, into any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	answer, err := send(s.client, method, s.url+"/control/"+path, "application/json", text)
	if err != nil || into == nil {
		return err
	}
	return json.Unmarshal(answer, into)
}

func (s *stubCloud) make(world cloudWorld) error {
	return s.control(http.MethodPost, "world", world, nil)
}
func (s *stubCloud) resetCounts() error { return s.control(http.MethodPost, "reset-counts", nil, nil) }

func (s *stubCloud) counts() (counts, error) {
	var shown counts
	err := s.control(http.MethodGet, "counts", nil, &shown)
	for kind := range shown.Requests {
		if strings.HasPrefix(kind, "unknown ") {
			return shown, fmt.Errorf("the stub cloud does not know the request %s", kind)
		}
	}
	return shown, err
}

// firsts is when the first request about each number came.
func (s *stubCloud) firsts() (map[int]time.Time, error) {
	var shown map[string]int64
	if err := s.control(http.MethodGet, "first", nil, &shown); err != nil {
		return nil, err
	}
	first := map[int]time.Time{}
	for text, at := range shown {
		number, err := strconv.Atoi(text)
		if err != nil {
			return nil, err
		}
		first[number] = time.Unix(0, at)
	}
	return first, nil
}

func (s *stubCloud) refs() (map[string][]string, error) {
	var refs map[string][]string
	return refs, s.control(http.MethodGet, "listeners", nil, &refs)
}

func (s *stubCloud) ref(certificate string) string {
	return s.url + "/key-manager/v1/containers/" + certificate
}

// missing is how many of the bindings are not on their listener, and how many foreign certificates are gone.
func (s *stubCloud) missing(bindings []binding) (lost, foreign int, err error) {
	refs, err := s.refs()
	if err != nil {
		return 0, 0, err
	}
	has := map[string]bool{}
	for id, listed := range refs {
		for _, ref := range listed {
			has[id+" "+ref] = true
		}
		if number, ok := ids.Number(id); ok && !has[id+" "+s.ref(ids.Foreign(number))] {
			foreign++
		}
	}
	for _, one := range bindings {
		if !has[ids.Listener(one.listener)+" "+s.ref(ids.Certificate(one.number))] {
			lost++
		}
	}
	return lost, foreign, nil
}

// floor is how long the cloud itself takes: one change for each listener with all its certificates, the load balancers
// side by side, and a look every 5 ms for its end.
func (s *stubCloud) floor(loadBalancers int, bindings []binding) (time.Duration, error) {
	wanted, most := map[int][]string{}, 0
	for _, one := range bindings {
		wanted[one.listener] = append(wanted[one.listener], s.ref(ids.Certificate(one.number)))
		most = max(most, one.listener)
	}
	began := time.Now()
	var lanes sync.WaitGroup
	failures := make(chan error, loadBalancers)
	for lane := range loadBalancers {
		lanes.Go(func() {
			for n := lane; n <= most; n += loadBalancers {
				if refs := wanted[n]; len(refs) > 0 {
					if err := s.change(ids.Listener(n), refs); err != nil {
						failures <- err
						return
					}
				}
			}
		})
	}
	lanes.Wait()
	close(failures)
	return time.Since(began), <-failures
}

func (s *stubCloud) change(listener string, refs []string) error {
	path := s.url + "/load-balancer/v2/lbaas/listeners/" + listener
	body, err := json.Marshal(map[string]any{"listener": map[string]any{"sni_container_refs": refs}})
	if err != nil {
		return err
	}
	ask := func(method string, body []byte) ([]byte, error) {
		request, err := http.NewRequest(method, path, strings.NewReader(string(body)))
		if err != nil {
			return nil, err
		}
		request.Header.Set("X-Auth-Token", "bench-token")
		answer, err := s.client.Do(request)
		if err != nil {
			return nil, err
		}
		defer answer.Body.Close()
		var text json.RawMessage
		return text, json.NewDecoder(answer.Body).Decode(&text)
	}
	text, err := ask(http.MethodPut, body)
	for err == nil && !strings.Contains(string(text), `"provisioning_status":"ACTIVE"`) {
		time.Sleep(5 * time.Millisecond)
		text, err = ask(http.MethodGet, nil)
	}
	return err
}
