// run measures this controller and its peers on a real API server and a stub cloud, one after the other in the same way,
// and writes what it measured as JSON. `tests/bench/bench` builds everything and calls it.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
)

// row is one line of the results: what was measured, of whom, and the figures.
type row map[string]any

type bench struct {
	work    string
	servers string
	crd     string
	peers   []peer
	size    size
	only    []string // the scenarios to run; empty: all
	cloud   *stubCloud
	cluster *cluster
	pattern template
	rows    []row
	logs    int
	out     string
	began   time.Time
	machine row
}

// size is how much is measured.
type size struct {
	name        string
	bursts      []burst
	latencies   int
	rests       []rest
	settles     []int
	rotated     []float64 // the times of a read, ms
	secrets     int
	failsOver   bool
	longestWait time.Duration
}

func sizes() map[string]size {
	usual := size{
		name: "usual",
		bursts: []burst{
			{50, 1, 1, 0.25}, {200, 1, 1, 0.25}, {200, 20, 5, 0.25}, {50, 1, 1, 1}, {200, 20, 5, 1},
		},
		latencies: 60,
		rests:     []rest{{0, 2 * time.Second}, {1000, 5 * time.Second}, {10000, 15 * time.Second}},
		settles:   []int{3000}, rotated: []float64{0, 40}, secrets: 1000, failsOver: true, longestWait: 45 * time.Second,
	}
	small := size{
		name: "small", bursts: []burst{{50, 1, 1, 0.25}, {200, 20, 5, 0.25}}, latencies: 15,
		rests:   []rest{{0, 2 * time.Second}, {1000, 5 * time.Second}},
		settles: []int{1000}, rotated: []float64{0}, secrets: 100, longestWait: 20 * time.Second,
	}
	full := usual
	full.name, full.longestWait = "full", 3*time.Minute
	full.settles = []int{10000}
	full.rests = append(slices.Clone(usual.rests), rest{100000, time.Minute})
	return map[string]size{"small": small, "usual": usual, "full": full}
}

func (b *bench) note(scenario string, of string, figures row) {
	figures["scenario"], figures["peer"] = scenario, of
	b.rows = append(b.rows, figures)
	text, _ := json.Marshal(figures)
	fmt.Println(string(text))
}

// each runs a scenario for every peer. A peer that fails in one has a row that says so, and the others go on.
func (b *bench) each(scenario string, what func(of peer) (row, error)) error {
	for _, of := range b.peers {
		if err := b.cluster.clear(); err != nil {
			return err
		}
		figures, err := what(of)
		if err != nil {
			figures = row{"failed": err.Error()}
		}
		b.note(scenario, of.name, figures)
	}
	return nil
}

func (b *bench) newCluster() error {
	if b.cluster != nil {
		b.cluster.stop()
	}
	// client-go remembers the certificates of a folder, so each cluster has its own.
	b.logs++
	started, err := startCluster(b.servers, filepath.Join(b.work, fmt.Sprintf("servers-%03d", b.logs)), b.crd)
	if err == nil {
		b.cluster = started
	}
	return err
}

// write keeps what was measured so far.
func (b *bench) write() error {
	results := row{"machine": b.machine, "size": b.size.name, "minutes": time.Since(b.began).Minutes(), "rows": b.rows}
	if len(b.only) > 0 {
		results["only"] = strings.Join(b.only, ", ")
	}
	text, err := json.MarshalIndent(results, "", " ")
	if err != nil {
		return err
	}
	return os.WriteFile(b.out, append(text, '\n'), 0o644)
}

func machine() row {
	text, _ := os.ReadFile("/proc/cpuinfo")
	_, model, _ := strings.Cut(string(text), "model name\t: ")
	model, _, _ = strings.Cut(model, "\n")
	memory, _ := os.ReadFile("/proc/meminfo")
	load, _ := os.ReadFile("/proc/loadavg")
	kilobytes, _ := strconv.ParseFloat(strings.Fields(string(memory) + " 0 0")[1], 64)
	return row{
		"cores": runtime.NumCPU(), "processor": model, "memory": fmt.Sprintf("%.0f GiB", kilobytes/(1<<20)),
		"load_at_start": strings.Fields(string(load) + " 0")[0], "date": time.Now().UTC().Format("2006-01-02"),
	}
}

func (b *bench) run(only []string) error {
	b.only = only
	scenarios := []struct {
		name string
		run  func() error
	}{
		{"burst", b.bursts}, {"latency", b.latency}, {"rotated", b.rotations}, {"secrets", b.manySecrets},
		{"failover", b.failOvers}, {"settle", b.settlesAll}, {"rest", b.restsAll},
	}
	if err := b.newCluster(); err != nil {
		return err
	}
	defer func() { b.cluster.stop() }()
	if err := b.makePattern(); err != nil {
		return err
	}
	for _, scenario := range scenarios {
		if len(only) > 0 && !slices.Contains(only, scenario.name) {
			continue
		}
		began := time.Now()
		if err := scenario.run(); err != nil {
			return fmt.Errorf("%s: %w", scenario.name, err)
		}
		b.note("took", scenario.name, row{"seconds": time.Since(began).Seconds()})
		if err := b.write(); err != nil {
			return err
		}
	}
	return nil
}

// controllers are the programs that are there.
func controllers(own, controllerRuntime, kubeRS, cloudsYAML string) []peer {
	help, _ := exec.Command(own, "--help").Output()
	found := []peer{{name: "this controller", arguments: func(resync time.Duration) []string {
		return []string{own, "--cloud-config", cloudsYAML, "--resync-period", resync.String(), "--log-level", "warn"}
	}}}
	if strings.Contains(string(help), "--leader-elect ") {
		found[0].elects = []string{"--leader-elect", "true"}
	}
	if controllerRuntime != "" {
		one := func(more ...string) func(resync time.Duration) []string {
			return func(resync time.Duration) []string {
				return append([]string{controllerRuntime, "--cloud-config", cloudsYAML, "--resync-period", resync.String()}, more...)
			}
		}
		elects := []string{"--leader-elect"}
		found = append(found,
			peer{name: "controller-runtime", arguments: one(), elects: elects},
			peer{name: "controller-runtime, batching", arguments: one("--per-listener"), elects: elects})
	}
	if kubeRS != "" {
		found = append(found, peer{name: "kube-rs", arguments: func(resync time.Duration) []string {
			return []string{kubeRS, "--cloud-config", cloudsYAML, "--resync-seconds", fmt.Sprint(max(int(resync.Seconds()), 1))}
		}})
	}
	return found
}

func main() {
	var b bench
	var err error
	cloudProgram := flag.String("cloud", "", "the stub cloud")
	flag.StringVar(&b.servers, "servers", "", "testbed-servers")
	flag.StringVar(&b.crd, "crd", "crds/certificatebindings.yaml", "the CustomResourceDefinition")
	flag.StringVar(&b.work, "work", "", "a folder for logs and servers")
	own := flag.String("controller", "", "this controller")
	controllerRuntime := flag.String("controller-runtime", "", "the peer on controller-runtime; none: left out")
	kubeRS := flag.String("kube-rs", "", "the peer on kube-rs; none: left out")
	sizeName := flag.String("size", "usual", "small, usual or full")
	only := flag.String("only", "", "scenarios, separated by commas")
	flag.StringVar(&b.out, "out", "", "the file for the results")
	flag.Parse()
	known := sizes()
	size, ok := known[*sizeName]
	if !ok {
		log.Fatalf("there is no size %s: %s", *sizeName, slices.Sorted(maps.Keys(known)))
	}
	b.size = size
	if b.work, err = filepath.Abs(b.work); err != nil {
		log.Fatal(err)
	}
	if b.cloud, err = startCloud(*cloudProgram); err != nil {
		log.Fatal(err)
	}
	defer b.cloud.stop()
	cloudsYAML := filepath.Join(b.work, "clouds.yaml")
	if err := os.WriteFile(cloudsYAML, []byte(b.cloud.cloudsYAML()), 0o600); err != nil {
		log.Fatal(err)
	}
	b.peers = controllers(*own, *controllerRuntime, *kubeRS, cloudsYAML)
	wanted := slices.DeleteFunc(strings.Split(*only, ","), func(name string) bool { return name == "" })
	b.began, b.machine = time.Now(), machine()
	if err := b.run(wanted); err != nil {
		b.cloud.stop()
		log.Fatal(err)
	}
}
