package chaos

import (
	"fmt"
	"os"
	"regexp"
	"strconv"

	"github.com/loom-core/loom/core/loomrpc"
)

// sample is what there is in a quiet moment, which is the same in each: every
// client is connected, and every server runs.
type sample struct {
	name       string
	loomd      int // process id: another one has other figures
	files      int // open descriptors of loomd
	goroutines int
	heap       int // bytes in use after the last collection: half of where the next begins
	memory     int // resident bytes
	proxyFiles int // the most of any proxy
}

// sample looks. Where there is no /proc there is nothing to see.
func (r *run) sample(name string) {
	s := sample{name: name, loomd: r.world.Status().PID}
	var ok bool
	if s.files, ok = files(s.loomd); !ok {
		return
	}
	var reply loomrpc.MetricsReply
	r.world.Ask(loomrpc.MethodMetrics, nil, &reply)
	s.goroutines, s.memory = figure(reply.Text, "go_goroutines"), figure(reply.Text, "process_resident_memory_bytes")
	s.heap = figure(reply.Text, "go_memstats_next_gc_bytes") / 2
	for _, c := range r.clients {
		n, _ := files(c.life().PID())
		s.proxyFiles = max(s.proxyFiles, n)
	}
	r.samples = append(r.samples, s)
}

// files are the open descriptors of a process.
func files(pid int) (n int, ok bool) {
	all, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	return len(all), err == nil
}

// figure is the value of a metric without labels.
func figure(text, name string) int {
	found := regexp.MustCompile(`(?m)^` + name + ` (\S+)$`).FindStringSubmatch(text)
	if found == nil {
		return -1
	}
	value, _ := strconv.ParseFloat(found[1], 64)
	return int(value)
}

// What may differ between two quiet moments.
const (
	slackFiles      = 8
	slackGoroutines = 16
	slackHeap       = 24 << 20
	slackMemory     = 96 << 20
	mostProxyFiles  = 16
)

// checkLeaks holds the samples against the first of the same loomd.
func (r *run) checkLeaks() {
	first := map[int]sample{}
	for _, s := range r.samples {
		f, ok := first[s.loomd]
		if !ok {
			first[s.loomd] = s
			continue
		}
		for _, one := range []struct {
			what             string
			was, is, allowed int
		}{
			{"open files", f.files, s.files, slackFiles},
			{"goroutines", f.goroutines, s.goroutines, slackGoroutines},
			{"bytes of heap", f.heap, s.heap, slackHeap},
			{"bytes of memory", f.memory, s.memory, slackMemory},
		} {
			if one.is > one.was+one.allowed {
				r.fault("loomd %d had %d %s at %s and %d at %s", s.loomd, one.was, one.what, f.name, one.is, s.name)
			}
		}
	}
	for _, s := range r.samples {
		if s.proxyFiles > mostProxyFiles {
			r.fault("a proxy has %d open files at %s", s.proxyFiles, s.name)
		}
	}
}
