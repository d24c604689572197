package keyring

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"time"

	"github.com/loom-core/loom/core/secret"
)

// Options say how to reach the keyring. Program and State are required.
type Options struct {
	Program string   // the path of loom-keyring
	Env     []string // its whole environment: HOME, the bus, the display, where pass and gpg have their files
	State   string   // folder of the index and of the file backend
	Backend Backend  // empty: automatic
	Timeout time.Duration
	// Passphrase opens the file backend. It is called only when that backend is
	// used; nil or an error means that it is locked.
	Passphrase func(context.Context) (secret.Value, error)
}

// Client runs loom-keyring. Its methods may be called at the same time, also by
// several processes.
type Client struct{ opts Options }

// New makes a client. It starts nothing.
func New(opts Options) *Client {
	if opts.Timeout == 0 {
		opts.Timeout = DefaultTimeout
	}
	return &Client{opts}
}

// dir is the folder of the file backend.
func (c *Client) dir() string { return filepath.Join(c.opts.State, "secrets") }

// Get implements [secret.Store]: an error that wraps secret.ErrNotFound if
// there is no such secret, else an [*Error].
func (c *Client) Get(ctx context.Context, name string) (secret.Value, error) {
	values, err := c.GetAll(ctx, []string{name})
	if err != nil {
		return secret.Value{}, err
	}
	value, ok := values[name]
	if !ok {
		return secret.Value{}, fmt.Errorf("secret %s: %w", name, secret.ErrNotFound)
	}
	return value, nil
}

// GetAll reads several secrets with one process for each backend that holds
// some. What is not there is missing in the answer. With an error the answer has
// what the other backends gave.
func (c *Client) GetAll(ctx context.Context, names []string) (map[string]secret.Value, error) {
	found := map[string]secret.Value{}
	for _, name := range names {
		if err := checkName(OpGet, name); err != nil {
			return found, err
		}
	}
	index, err := c.readIndex()
	if err != nil {
		return found, err
	}
	at := map[Backend][]string{}
	for _, name := range names {
		backend := c.opts.Backend
		if e, ok := index[name]; ok {
			backend = e.Backend
		}
		at[backend] = append(at[backend], name)
	}
	if err := c.getFrom(ctx, at, found); err != nil {
		return found, err
	}
	// A move that was cut short: the older value is where it was.
	at = map[Backend][]string{}
	for _, name := range names {
		if _, ok := found[name]; !ok && index[name].From != "" {
			at[index[name].From] = append(at[index[name].From], name)
		}
	}
	return found, c.getFrom(ctx, at, found)
}

func (c *Client) getFrom(ctx context.Context, at map[Backend][]string, found map[string]secret.Value) error {
	var (
		mu   sync.Mutex
		errs []error
		wg   sync.WaitGroup
	)
	for backend, names := range at {
		wg.Go(func() { // ends with the process that it runs
			reply, err := c.ask(ctx, Request{Op: OpGet, Backend: backend, Names: names})
			mu.Lock()
			defer mu.Unlock()
			if none := (*Error)(nil); backend == "" && errors.As(err, &none) && none.Code == CodeNoBackend {
				return // the index knows none of them, and no place could hold them
			}
			if err != nil {
				errs = append(errs, err)
			}
			for name, text := range reply.Values {
				found[name] = secret.NewValue(string(text))
			}
		})
	}
	wg.Wait()
	if len(errs) == 1 {
		return errs[0]
	}
	return errors.Join(errs...)
}

func checkName(op Op, name string) error {
	if secret.ValidName(name) {
		return nil
	}
	return &Error{Op: op, Code: CodeBadRequest, Message: fmt.Sprintf("%q is not a name of a secret: letters, digits, - . and _, at most 128, not beginning with - or .", name)}
}
