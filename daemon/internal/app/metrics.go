package app

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/prometheus/common/expfmt"

	"github.com/loom-core/loom/daemon/internal/redact"
)

// metrics counts for the whole daemon. Labels come from the registry and the
// catalog, never from what a client sent: their number is bounded.
type metrics struct {
	registry *prometheus.Registry

	calls      *prometheus.CounterVec
	duration   *prometheus.HistogramVec
	inFlight   *prometheus.GaugeVec
	starts     *prometheus.CounterVec
	exits      *prometheus.CounterVec
	startTime  *prometheus.HistogramVec
	dropped    prometheus.Counter
	sessions   prometheus.Gauge
	reloadOK   prometheus.Gauge
	reloadTime prometheus.Gauge

	known   known
	secrets *redact.Set // what labels are shown without; nil: nothing
}

func newMetrics() *metrics {
	reg := prometheus.NewRegistry()
	m := &metrics{
		registry: reg, known: known{all: map[[3]string]*series{}},
		calls: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "loomd_calls_total",
			Help: "Tool calls that ended, by outcome: ok, tool_error, error (the server's own), failed, timeout, cancelled, refused."}, []string{"server", "tool", "outcome"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "loomd_call_duration_seconds",
			Help: "Time from a call's arrival to its answer, starting the server included.", Buckets: prometheus.ExponentialBuckets(0.001, 4, 9)}, []string{"server"}),
		inFlight: prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "loomd_calls_in_flight",
			Help: "Tool calls without an answer yet, queued ones included."}, []string{"server"}),
		starts: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "loomd_child_starts_total",
			Help: "Starts of server processes, by outcome: ok, failed."}, []string{"server", "outcome"}),
		exits: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "loomd_child_exits_total",
			Help: "Ends of server processes, by reason: stopped (by loomd), exit, signal."}, []string{"server", "reason"}),
		startTime: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "loomd_child_start_duration_seconds",
			Help: "Time from starting a server to a finished handshake.", Buckets: prometheus.ExponentialBuckets(0.01, 3, 9)}, []string{"server"}),
		dropped: prometheus.NewCounter(prometheus.CounterOpts{Name: "loomd_dropped_notifications_total",
			Help: "Progress and log messages that a client did not read in time, counted when its session ends."}),
		sessions: prometheus.NewGauge(prometheus.GaugeOpts{Name: "loomd_sessions", Help: "Connected clients."}),
		reloadOK: prometheus.NewGauge(prometheus.GaugeOpts{Name: "loomd_config_last_reload_successful",
			Help: "1 if the registry was read without mistakes the last time, else 0."}),
		reloadTime: prometheus.NewGauge(prometheus.GaugeOpts{Name: "loomd_config_last_reload_success_timestamp_seconds",
			Help: "When the registry was last read without mistakes."}),
	}
	reg.MustRegister(m.calls, m.duration, m.inFlight, m.starts, m.exits, m.startTime, m.dropped, m.sessions, m.reloadOK, m.reloadTime,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// CallBegan and CallEnded make metrics a session.Observer.
func (m *metrics) CallBegan(server string) {
	if server != "" {
		m.known.of(m, server, "", "").inFlight.Inc()
	}
}

func (m *metrics) CallEnded(server, tool, outcome string, took time.Duration) {
	s := m.known.of(m, server, tool, outcome)
	s.calls.Inc()
	if server != "" {
		s.inFlight.Dec()
		s.duration.Observe(took.Seconds())
	}
}

// series are what one kind of call counts in. To look them up by their labels
// with every call would be a tenth of its work.
type series struct {
	calls    prometheus.Counter // nil without an outcome
	inFlight prometheus.Gauge   // nil without a server
	duration prometheus.Observer
}

// known are the series that have been used, by server, tool and outcome.
type known struct {
	mu  sync.RWMutex
	all map[[3]string]*series
}

func (k *known) of(m *metrics, server, tool, outcome string) *series {
	key := [3]string{server, tool, outcome}
	k.mu.RLock()
	s := k.all[key]
	k.mu.RUnlock()
	if s != nil {
		return s
	}
	s = &series{}
	if outcome != "" {
		s.calls = m.calls.WithLabelValues(server, m.secrets.Text(tool), outcome) // the server chose that name
	}
	if server != "" {
		s.inFlight, s.duration = m.inFlight.WithLabelValues(server), m.duration.WithLabelValues(server)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.all[key] = s // another one of the same is as good
	return s
}

// ChildStarted and ChildExited make it a pool.Observer.
func (m *metrics) ChildStarted(server string, took time.Duration, err error) {
	if err != nil {
		m.starts.WithLabelValues(server, "failed").Inc()
		return
	}
	m.starts.WithLabelValues(server, "ok").Inc()
	m.startTime.WithLabelValues(server).Observe(took.Seconds())
}

func (m *metrics) ChildExited(server, cause string) {
	reason := "exit"
	switch {
	case strings.HasPrefix(cause, "stopped"):
		reason = "stopped"
	case strings.HasPrefix(cause, "killed"):
		reason = "signal"
	}
	m.exits.WithLabelValues(server, reason).Inc()
}

// watchAudit adds what the audit log counts itself.
func (m *metrics) watchAudit(status func() (dropped int64, lastError string)) {
	m.registry.MustRegister(
		prometheus.NewCounterFunc(prometheus.CounterOpts{Name: "loomd_audit_dropped_total",
			Help: "Audit records that were lost because the disk was slow, full or gone."}, func() float64 {
			dropped, _ := status()
			return float64(dropped)
		}),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "loomd_audit_failing",
			Help: "1 while audit records cannot be written, else 0."}, func() float64 {
			if _, lastError := status(); lastError != "" {
				return 1
			}
			return 0
		}))
}

// text is what a scrape would see.
func (m *metrics) text() (string, error) {
	families, err := m.registry.Gather()
	if err != nil {
		return "", fmt.Errorf("gathering metrics: %w", err)
	}
	var b bytes.Buffer
	enc := expfmt.NewEncoder(&b, expfmt.NewFormat(expfmt.TypeTextPlain))
	for _, f := range families {
		if err := enc.Encode(f); err != nil {
			return "", fmt.Errorf("encoding metrics: %w", err)
		}
	}
	return b.String(), nil
}

// listenMetrics opens addr, or a free port of the same host when it is taken:
// metrics are never a reason not to start.
func listenMetrics(addr string, log *slog.Logger) (net.Listener, error) {
	l, err := net.Listen("tcp", addr)
	if errors.Is(err, syscall.EADDRINUSE) {
		host, _, _ := net.SplitHostPort(addr)
		log.Info("metrics address is taken; using a free port", "address", addr)
		l, err = net.Listen("tcp", net.JoinHostPort(host, "0"))
	}
	if err != nil {
		return nil, fmt.Errorf("listening for metrics on %s: %w", addr, err)
	}
	return l, nil
}

func (m *metrics) handler(ready func() bool) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		if !ready() {
			http.Error(w, "stopping", http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, "ok")
	})
	return mux
}

func (m *metrics) Dropped(notifications int) { m.dropped.Add(float64(notifications)) }
