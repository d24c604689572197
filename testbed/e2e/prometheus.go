package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"time"

	"github.com/loom-core/loom/testbed"
)

// prometheusVersion is what the server says of itself; go.mod calls it v0.315.0.
const prometheusVersion = "3.15.0"

// prometheusProgram leaves out all service discovery but static and file, and
// has no web interface: the API is what is tested.
var prometheusProgram = upstream{
	module: "prometheus", pkg: "github.com/prometheus/prometheus/cmd/prometheus", name: "prometheus",
	tags:  "netgo,remove_all_sd",
	flags: "-s -w -X github.com/prometheus/common/version.Version=" + prometheusVersion,
}

// localPrometheus is a Prometheus on loopback that scrapes itself every second.
// It lives in a world's home directory, so that the world sees what is left.
type localPrometheus struct {
	world  *testbed.World
	binary string

	cmd   *exec.Cmd
	base  string
	logs  lockedBuffer
	ended chan struct{}
	once  sync.Once
}

// Start starts it and waits until it has scraped itself.
func (p *localPrometheus) Start(t testbed.T) {
	t.Helper()
	address := freeAddress(t)
	p.base = "http://" + address
	config := p.world.WriteFile("prometheus/prometheus.yml", fmt.Sprintf(`
global: {scrape_interval: 1s, evaluation_interval: 1s}
scrape_configs:
  - job_name: prometheus
    static_configs: [{targets: [%q]}]
`, address))
	p.cmd = exec.Command(p.binary, "--config.file="+config, "--web.listen-address="+address,
		"--storage.tsdb.path="+filepath.Join(filepath.Dir(config), "data"), "--log.level=warn")
	p.cmd.Env, p.cmd.Stdout, p.cmd.Stderr = p.world.Environ(), &p.logs, &p.logs
	p.ended = make(chan struct{})
	if err := p.cmd.Start(); err != nil {
		t.Fatalf("starting prometheus: %v", err)
	}
	go func() { // ends with the process
		p.cmd.Wait()
		close(p.ended)
	}()
	t.Cleanup(func() {
		p.Stop()
		if t.Failed() {
			t.Logf("prometheus wrote:\n%s", p.Logs())
		}
	})
	testbed.Eventually(t, "prometheus has scraped itself", func() bool {
		select {
		case <-p.ended:
			t.Fatalf("prometheus ended (%v):\n%s", p.cmd.ProcessState, p.Logs())
		default:
		}
		return p.value("up") == "1"
	})
}

// value is the first value of a query, asked without Loom.
func (p *localPrometheus) value(query string) string {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, p.base+"/api/v1/query?query="+url.QueryEscape(query), nil)
	if err != nil {
		return ""
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return "" // not there yet
	}
	defer response.Body.Close()
	var answer struct {
		Data struct {
			Result []struct{ Value [2]any }
		}
	}
	if json.NewDecoder(response.Body).Decode(&answer) != nil || len(answer.Data.Result) == 0 {
		return ""
	}
	text, _ := answer.Data.Result[0].Value[1].(string)
	return text
}

func (p *localPrometheus) URL() string  { return p.base }
func (p *localPrometheus) Logs() string { return p.logs.String() }

// Stop ends it by its pid: by SIGTERM as an operator would, then for good.
func (p *localPrometheus) Stop() {
	p.once.Do(func() {
		p.cmd.Process.Signal(os.Interrupt)
		select {
		case <-p.ended:
		case <-time.After(10 * time.Second): // it flushes its head block
			p.cmd.Process.Kill()
			<-p.ended
		}
	})
}

// freeAddress is a loopback address at which nobody listens. Somebody else may
// take it in between; then the start fails and says so.
func freeAddress(t testbed.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("finding a free port: %v", err)
	}
	defer l.Close()
	return l.Addr().String()
}

// lockedBuffer takes what a process writes while a test reads it.
type lockedBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}
