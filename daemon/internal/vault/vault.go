// Package vault is where loomd gets secrets from: first the variables
// LOOM_SECRET_… of its own environment, as containers and CI have them, then the
// keyring. It hands values out at the start of a server and to nobody else, and
// makes each of them known to the log before that.
//
// All secrets of a server are asked for at once, in one run of loom-keyring. A
// keyring that is locked does not answer for half a minute, so nobody waits for
// it but those who need that very secret: the question runs by itself, those who
// ask the same wait for it together, and what it brought, be it an error, holds
// for a moment. So a storm of starts (fifty sessions that each have a process of
// their own, a server that ends as soon as it is started) asks once in five
// seconds. Longer is not needed, and a value that is kept is a value that can
// be read out of memory, or be out of date.
package vault

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/loom-core/loom/core/keyring"
	"github.com/loom-core/loom/core/secret"
	"github.com/loom-core/loom/daemon/internal/redact"
)

// How long an answer of the keyring holds.
const (
	holdValues = 5 * time.Second
	holdErrors = 2 * time.Second // whoever mends it does not want to wait

	// holdOptional is for an error that keeps nobody from starting: each of
	// these starts would wait as long as a locked keyring is silent.
	holdOptional = time.Minute
)

// Keyring is the part of [keyring.Client] that is used here.
type Keyring interface {
	GetAll(ctx context.Context, names []string) (map[string]secret.Value, error)
	Unlock(ctx context.Context, passphrase secret.Value, create bool) error
	List() ([]keyring.Item, error)
}

// Options are what a Vault needs. All fields are required but Passphrase.
type Options struct {
	Env        func(name string) (string, bool)
	Known      *redact.Set
	Passphrase secret.Value // of the encrypted file, if loomd was started with one
	Log        *slog.Logger

	// Open makes a client for a backend, empty for the automatic choice. The
	// client gets the passphrase from the function. An error says that there is
	// no keyring here at all; it is asked again each time.
	Open func(backend keyring.Backend, passphrase func(context.Context) (secret.Value, error)) (Keyring, error)
}

// Vault is safe for concurrent use.
type Vault struct {
	opts Options
	ctx  context.Context // ends with Close
	stop context.CancelFunc
	work sync.WaitGroup // questions under way

	mu         sync.Mutex
	backend    keyring.Backend // as the registry has it
	passphrase secret.Value
	unlocked   bool // there is a passphrase
	asked      map[string]*question
	state      State
}

// question is asked once for all who need the same secrets.
type question struct {
	names    []string
	optional bool // none of them was ever stored
	done     chan struct{}
	values   map[string]secret.Value // set before done is closed
	err      error
}

// New makes a Vault. It asks nothing. Close ends it.
func New(opts Options) *Vault {
	v := &Vault{opts: opts, asked: map[string]*question{}, passphrase: opts.Passphrase, unlocked: opts.Passphrase.Reveal() != ""}
	v.ctx, v.stop = context.WithCancel(context.Background())
	opts.Known.Add(opts.Passphrase.Reveal())
	return v
}

// Close gives up what is being asked, and returns when nothing is.
func (v *Vault) Close() error {
	v.stop()
	v.work.Wait()
	return nil
}

// Use takes the backend that the registry names, empty for the automatic choice.
func (v *Vault) Use(backend keyring.Backend) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.backend != backend {
		v.backend, v.state = backend, State{}
		clear(v.asked)
	}
}

// Fetch gets the secrets of one server, each name once. The store has those that
// there are.
//
// An optional one that Loom never stored is looked for too, since it may have
// been put into the keyring in another way. But a keyring that is locked does not
// keep a server from starting for the sake of a token that nobody ever set.
func (v *Vault) Fetch(ctx context.Context, refs []secret.Ref) (secret.Store, error) {
	found := secret.Memory{}
	env := secret.FromEnv(v.opts.Env)
	var must, may []string
	stored := sync.OnceValue(v.stored)
	for _, ref := range refs {
		value, err := env.Get(ctx, ref.Name)
		switch {
		case err == nil:
			v.opts.Known.Add(value.Reveal())
			found[ref.Name] = value
		case !errors.Is(err, secret.ErrNotFound):
			return nil, err
		case ref.Optional && !stored()(ref.Name):
			may = append(may, ref.Name)
		default:
			must = append(must, ref.Name)
		}
	}
	needed, wanted := v.ask(must, false), v.ask(may, true)
	for _, q := range []*question{needed, wanted} {
		select {
		case <-q.done:
		case <-ctx.Done():
			return nil, fmt.Errorf("waiting for the keyring: %w", context.Cause(ctx))
		}
		if q.err != nil && q == needed {
			return nil, q.err
		}
		maps.Copy(found, q.values)
	}
	return found, nil
}

// stored reports of a secret whether the index of Loom knows it. Where that cannot
// be read every secret may have been stored.
func (v *Vault) stored() func(name string) bool {
	v.mu.Lock()
	backend := v.backend
	v.mu.Unlock()
	ring, err := v.opts.Open(backend, v.Passphrase)
	var items []keyring.Item
	if err == nil {
		items, err = ring.List()
	}
	return func(name string) bool {
		return err != nil || slices.ContainsFunc(items, func(i keyring.Item) bool { return i.Name == name })
	}
}

// ask asks the keyring, or joins whoever asks the same.
func (v *Vault) ask(names []string, optional bool) *question {
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(names) == 0 {
		return answered
	}
	key := fmt.Sprint(optional, names)
	q := v.asked[key]
	if q == nil {
		q = &question{names: names, optional: optional, done: make(chan struct{})}
		v.asked[key] = q
		backend := v.backend
		v.work.Go(func() { v.answer(key, q, backend) }) // ends at the deadline of the keyring, or with Close
	}
	return q
}

// answered is a question for nothing.
var answered = func() *question {
	q := &question{done: make(chan struct{})}
	close(q.done)
	return q
}()

func (v *Vault) answer(key string, q *question, backend keyring.Backend) {
	q.values, q.err = v.query(q.names, backend)
	for _, value := range q.values {
		v.opts.Known.Add(value.Reveal())
	}
	hold := holdValues
	switch {
	case q.err != nil && q.optional:
		hold = holdOptional
		v.opts.Log.Warn("secrets that were never stored are taken for absent: the keyring cannot be asked", "secrets", q.names, "err", q.err)
	case q.err != nil:
		hold = holdErrors
		v.opts.Log.Warn("secrets cannot be read", "secrets", q.names, "err", q.err)
	}
	v.mu.Lock()
	if backend == v.backend {
		v.state.note(q.err)
	}
	v.mu.Unlock()
	close(q.done)
	time.AfterFunc(hold, func() {
		v.mu.Lock()
		defer v.mu.Unlock()
		if v.asked[key] == q {
			delete(v.asked, key)
		}
	})
}

// query runs the keyring. Where there is none nothing is in it, and where none
// is available and none was ever chosen neither. Every other error may hide a
// secret, and is not taken for its absence.
func (v *Vault) query(names []string, backend keyring.Backend) (map[string]secret.Value, error) {
	ring, err := v.opts.Open(backend, v.Passphrase)
	if err != nil {
		return nil, nil
	}
	values, err := ring.GetAll(v.ctx, names)
	var failed *keyring.Error
	if errors.As(err, &failed) && failed.Code == keyring.CodeNoBackend {
		return nil, nil
	}
	return values, once(err)
}

// once leaves out of several errors those that say of another secret what was
// said already: it is the keyring that is locked.
func once(err error) error {
	several, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return err
	}
	type reason struct {
		backend keyring.Backend
		code    keyring.Code
	}
	said, out := map[reason]bool{}, []error{}
	for _, e := range several.Unwrap() {
		var failed *keyring.Error
		if errors.As(e, &failed) {
			why := reason{failed.Backend, failed.Code}
			if said[why] {
				continue
			}
			said[why] = true
		}
		out = append(out, e)
	}
	if len(out) == 1 {
		return out[0]
	}
	return errors.Join(out...)
}

// Forget drops what is held of these secrets: they have other values now. Whoever
// has asked already may still get the old ones.
func (v *Vault) Forget(names []string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for key, q := range v.asked {
		if slices.ContainsFunc(q.names, func(name string) bool { return slices.Contains(names, name) }) {
			delete(v.asked, key)
		}
	}
}
