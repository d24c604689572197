// Package app puts loomd together: it wires catalog, pool, hub and sessions,
// serves the socket, and takes all of it down again in reverse order. It has
// never heard of flags, signals or os.Exit, so that tests run it in-process.
package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/loom-core/loom/core/localsock"
	"github.com/loom-core/loom/core/secret"
	"github.com/loom-core/loom/daemon/internal/audit"
	"github.com/loom-core/loom/daemon/internal/catalog"
	"github.com/loom-core/loom/daemon/internal/child"
	"github.com/loom-core/loom/daemon/internal/hub"
	"github.com/loom-core/loom/daemon/internal/limit"
	"github.com/loom-core/loom/daemon/internal/owntool"
	"github.com/loom-core/loom/daemon/internal/pool"
	"github.com/loom-core/loom/daemon/internal/project"
	"github.com/loom-core/loom/daemon/internal/redact"
	"github.com/loom-core/loom/daemon/internal/results"
	"github.com/loom-core/loom/daemon/internal/ring"
	"github.com/loom-core/loom/daemon/internal/session"
	"github.com/loom-core/loom/daemon/internal/trace"
	"github.com/loom-core/loom/daemon/internal/vault"
)

// Options say where everything is. All fields are required but those that say
// otherwise.
type Options struct {
	Dirs         localsock.Dirs
	Socket       string
	RegistryFile string
	MustExist    bool   // the registry was named on the command line
	MetricsAddr  string // empty: off
	Version      string
	Beside       string // folder of loomd's binary
	Logger       *slog.Logger
	Logs         *ring.Ring      // what Logger wrote, for `loom logs loomd`
	Reload       <-chan struct{} // read the registry again; optional
	GiveUp       <-chan struct{} // closed: do not wait for another loomd to end; optional

	Secrets    *redact.Set  // what Logger and Logs mask; optional
	Passphrase secret.Value // of the keyring's encrypted file; optional

	Binary   string              // loomd's own file, by the path that outlives an upgrade; empty: no upgrade
	Listener *localsock.Listener // taken over from the image before an upgrade; optional
	Timeouts child.Timeouts      // optional
}

// drain is how long a server that was reconfigured may finish its calls.
const drain = 30 * time.Second

// outboxTotal is how much may wait for all clients together.
const outboxTotal = 512 << 20

// App is a running loomd.
type App struct {
	opts     Options
	log      *slog.Logger
	started  time.Time
	metrics  *metrics
	audit    *audit.Log
	trace    *trace.Trace
	traces   traces
	catalog  *catalog.Catalog
	pool     *pool.Pool
	hub      *hub.Hub
	vault    *vault.Vault
	files    *vault.Files // nil: no secret can be read from a file
	projects *projects
	home     string
	services *session.Services
	listener *localsock.Listener
	http     net.Listener    // nil: off
	life     context.Context // ends when Run does: for work that no request waits for
	endLife  context.CancelFunc
	upgrade  *upgrade
	stopping chan struct{}
	stopOnce sync.Once
	onStop   []teardown

	background  sync.WaitGroup // sessions, and learning that nobody waits for
	reloadMu    sync.Mutex     // one reload at a time
	registryErr atomic.Value

	mu       sync.Mutex
	sessions map[*session.Session]bool
	nextID   int64
}

type teardown struct {
	name string
	f    func() error
}

// New wires a daemon and takes its socket. The error is a
// [*localsock.InUseError] when another one serves.
func New(opts Options) (_ *App, err error) {
	a := &App{opts: opts, log: opts.Logger, started: time.Now(), metrics: newMetrics(), stopping: make(chan struct{}), sessions: map[*session.Session]bool{}}
	if a.opts.Secrets == nil {
		a.opts.Secrets = &redact.Set{}
	}
	a.trace, a.metrics.secrets = trace.New(a.opts.Secrets), a.opts.Secrets
	a.upgrade = newUpgrade(opts.Binary)
	a.life, a.endLife = context.WithCancel(context.Background())
	defer func() {
		if err != nil {
			a.endLife()
			a.tearDown()
		}
	}()
	if opts.Listener != nil {
		a.listener = opts.Listener
		a.atStop("socket", a.listener.Close)
	}
	// Before the socket is there: a proxy that connected to a loomd which is about
	// to end of a mistake in the registry would see a broken pipe and not the mistake.
	reg, pins, err := a.load()
	if err != nil {
		return nil, fmt.Errorf("reading the registry: %w", err)
	}
	if a.listener == nil {
		if a.listener, err = listen(opts); err != nil {
			return nil, err
		}
		a.atStop("socket", a.listener.Close)
	}
	a.openAudit()

	if a.catalog, err = catalog.Open(filepath.Join(opts.Dirs.State, "catalog")); err != nil {
		if a.catalog == nil {
			return nil, err
		}
		a.log.Warn("some definitions have to be learnt again", "err", err)
	}
	a.home, err = os.UserHomeDir()
	if err != nil {
		return nil, fmt.Errorf("finding the home directory: %w", err)
	}
	instance := instanceName()
	journal := a.sweepOrphans(instance)
	a.hub = hub.New(reg, a.catalog, owntool.Always, owntool.Search)
	a.hub.SetPins(pins)
	a.openVault(reg) // after the orphans, which may read files of it
	a.pool = pool.New(pool.Options{
		Catalog: a.catalog, Lookup: secret.NewLookup(os.LookupEnv, secret.FromEnv(os.LookupEnv)), Vault: a.vault, Files: a.files, Environ: a.environ(),
		Beside: opts.Beside, Home: a.home, Version: opts.Version, Instance: instance, State: a.state(), Notes: a.notes(), Limiter: limit.New(), Journal: journal, Known: a.opts.Secrets, Log: a.log.With("component", "pool"),
		Observer: a.metrics, Changed: a.hub.Changed, Timeouts: opts.Timeouts,
	})
	a.atStop("servers", a.pool.Close)
	a.projects = &projects{app: a, known: map[string]*project.Project{}}
	kept, err := results.Open(filepath.Join(opts.Dirs.State, "results"), results.Options{Log: a.log.With("component", "results")})
	if err != nil {
		a.log.Warn("some results that were kept cannot be read", "err", err)
	}
	a.background.Go(func() { a.sweep(kept) })
	a.services = &session.Services{
		Hub: a.hub, Servers: a.pool, Learner: a.pool, Instance: instance, Budget: session.NewBudget(outboxTotal), Projects: a.projects, Status: a.ownStatus, Results: kept, Audit: a.audit, Trace: a.trace, Known: a.opts.Secrets,
		Control: a.control(), Observer: a.metrics, Log: a.log.With("component", "session"), Version: opts.Version,
	}
	if opts.MetricsAddr != "" {
		if a.http, err = listenMetrics(opts.MetricsAddr, a.log); err != nil {
			a.log.Warn("no metrics", "err", err) // worth less than the hub
			a.http, err = nil, nil
		}
	}
	return a, nil
}

// sweepEvery is how often what is too old is removed.
const sweepEvery = time.Hour

// sweep removes results that are too old, also when none come that would push
// them out.
func (a *App) sweep(kept *results.Store) {
	t := time.NewTicker(sweepEvery)
	defer t.Stop()
	for {
		select {
		case <-t.C:
			kept.Sweep()
		case <-a.life.Done():
			return
		}
	}
}

// takeover is how long a new loomd waits for one that is just ending.
const takeover = 15 * time.Second

// listen takes the socket. A loomd that still holds the locks and answers no
// more is stopping its servers: wait for it rather than leave nobody serving.
func listen(opts Options) (*localsock.Listener, error) {
	deadline := time.Now().Add(takeover)
	for {
		l, err := localsock.Listen(opts.Socket, opts.Dirs)
		var inUse *localsock.InUseError
		if !errors.As(err, &inUse) || time.Now().After(deadline) {
			return l, err
		}
		address, resolveErr := opts.Dirs.Resolve("")
		if resolveErr != nil {
			address = opts.Socket
		}
		for _, path := range []string{address, opts.Socket} {
			if conn, dialErr := localsock.Dial(context.Background(), path); dialErr == nil {
				conn.Close()
				return nil, err
			}
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-opts.GiveUp:
			return nil, err
		}
	}
}

// instanceName marks the processes of one life of loomd.
func instanceName() string {
	return strconv.Itoa(os.Getpid()) + "-" + strconv.FormatInt(time.Now().UnixNano(), 36)
}

func (a *App) atStop(name string, f func() error) { a.onStop = append(a.onStop, teardown{name, f}) }

// Run serves until ctx ends or somebody asks it to stop, and takes everything
// down. The error is a [*Succession] when a newer loomd is to go on.
func (a *App) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var web, accepting sync.WaitGroup
	if a.http != nil {
		server := &http.Server{Handler: a.metrics.handler(func() bool { return ctx.Err() == nil }), ReadHeaderTimeout: 5 * time.Second}
		web.Go(func() { server.Serve(a.http) })
		a.atStop("metrics", server.Close)
	}
	accepting.Go(func() { a.accept(ctx) })
	accepting.Go(func() { a.reloads(ctx) })
	a.log.Info("loomd is ready", "version", a.opts.Version, "socket", a.opts.Socket, "registry", a.opts.RegistryFile, "metrics", a.metricsURL())
	var next *Succession
	select {
	case <-ctx.Done():
	case <-a.stopping:
	case <-a.upgrade.now:
		next = a.handOver()
	}
	a.log.Info("loomd is stopping")
	if next == nil {
		a.listener.StopAccepting()
	}
	a.endLife()
	cancel() // sessions end, with what is queued for them written
	accepting.Wait()
	a.background.Wait()
	err := a.tearDown()
	web.Wait()
	return a.succeed(next, err)
}

// Shutdown makes Run return.
func (a *App) Shutdown() { a.stopOnce.Do(func() { close(a.stopping) }) }

func (a *App) tearDown() error {
	var errs []error
	for i := len(a.onStop) - 1; i >= 0; i-- {
		if err := a.onStop[i].f(); err != nil && !errors.Is(err, net.ErrClosed) {
			errs = append(errs, fmt.Errorf("stopping %s: %w", a.onStop[i].name, err))
		}
	}
	a.onStop = nil
	return errors.Join(errs...)
}

func (a *App) accept(ctx context.Context) {
	for {
		conn, err := a.listener.Accept()
		if err != nil {
			if ctx.Err() == nil && !errors.Is(err, net.ErrClosed) {
				a.log.Error("accepting connections", "err", err)
				a.Shutdown()
			}
			return
		}
		a.mu.Lock()
		a.nextID++
		id := strconv.FormatInt(a.nextID, 10)
		a.mu.Unlock()
		s := session.New(a.services, conn, id)
		a.background.Go(func() { a.serve(ctx, s) })
	}
}

func (a *App) serve(ctx context.Context, s *session.Session) {
	counted := false
	err := s.Serve(ctx, func() {
		if counted = !s.IsControl(); counted {
			a.metrics.sessions.Inc()
			a.mu.Lock()
			a.sessions[s] = true
			a.mu.Unlock()
			a.meet(s.Info().Version)
		}
	})
	if counted {
		a.metrics.sessions.Dec()
		a.mu.Lock()
		delete(a.sessions, s)
		a.mu.Unlock()
	}
	a.log.Debug("session ended", "session", s.Info().ID, "err", err)
}

func (a *App) metricsURL() string {
	if a.http == nil {
		return ""
	}
	return "http://" + a.http.Addr().String() + "/metrics"
}
