package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

// peer is a controller that is measured.
type peer struct {
	name      string
	arguments func(resync time.Duration) []string // the program first
	elects    []string                            // the flags of leader election; none: it has no election
}

// process is a running peer.
type process struct {
	command *exec.Cmd
	began   time.Time
	ended   chan struct{}
	mostFDs atomic.Int64
}

const sampled = 100 * time.Millisecond

func (b *bench) start(of peer, resync time.Duration, more ...string) (*process, error) {
	arguments := append(of.arguments(resync), more...)
	b.logs++
	log, err := os.Create(filepath.Join(b.work, fmt.Sprintf("%03d-%s.log", b.logs, strings.ReplaceAll(of.name, " ", "-"))))
	if err != nil {
		return nil, err
	}
	defer log.Close()
	p := &process{command: exec.Command(arguments[0], arguments[1:]...), ended: make(chan struct{})}
	p.command.Env = append(os.Environ(), "KUBECONFIG="+b.cluster.kubeconfig, "NO_PROXY=*")
	p.command.Stdout, p.command.Stderr = log, log
	p.command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	p.began = time.Now()
	if err := p.command.Start(); err != nil {
		return nil, err
	}
	go func() {
		_ = p.command.Wait()
		close(p.ended)
	}()
	go p.sample()
	return p, nil
}

func (p *process) file(name string) string {
	return fmt.Sprintf("/proc/%d/%s", p.command.Process.Pid, name)
}

func (p *process) sample() {
	for {
		select {
		case <-p.ended:
			return
		case <-time.After(sampled):
			if open, err := os.ReadDir(p.file("fd")); err == nil {
				p.mostFDs.Store(max(p.mostFDs.Load(), int64(len(open))))
			}
		}
	}
}

func (p *process) stop() {
	_ = p.command.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.ended:
	case <-time.After(10 * time.Second):
		p.kill()
	}
}

func (p *process) kill() {
	_ = p.command.Process.Kill()
	<-p.ended
}

func (p *process) memory(field string) float64 {
	text, err := os.ReadFile(p.file("status"))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(text), field+":")
	kilobytes, _ := strconv.ParseFloat(strings.Fields(rest + " 0")[0], 64)
	return kilobytes / 1000 * 1.024
}

// All are in MB (10^6 bytes). private is the part of rss that is not the program's file and its libraries'.
func (p *process) rss() float64     { return p.memory("VmRSS") }
func (p *process) private() float64 { return p.memory("RssAnon") }
func (p *process) peak() float64    { return p.memory("VmHWM") }

// cpu is the seconds that the process has run.
func (p *process) cpu() float64 {
	text, err := os.ReadFile(p.file("stat"))
	if err != nil {
		return 0
	}
	const ticks = 100.0
	fields := strings.Fields(string(text[strings.LastIndex(string(text), ")")+1:]))
	user, _ := strconv.ParseFloat(fields[11], 64)
	system, _ := strconv.ParseFloat(fields[12], 64)
	return (user + system) / ticks
}

var errEnded = errors.New("the controller ended by itself; see its log")

func (p *process) running() error {
	select {
	case <-p.ended:
		return errEnded
	default:
		return nil
	}
}
