package keyring

import (
	"context"
	"errors"
	"time"

	"github.com/loom-core/loom/core/secret"
)

// Options say how to reach the keyring. Program and State are required.
type Options struct {
	Program string   // the path of loom-keyring
	Env     []string // its environment: HOME, the bus, the display, where pass and gpg have their files
	State   string   // folder of the index and of the file backend
	Backend Backend  // empty: automatic
	Timeout time.Duration
	// Passphrase opens the file backend. It is called only when that backend is
	// used; nil or an error means that it is locked.
	Passphrase func(context.Context) (secret.Value, error)
}

// Client runs loom-keyring. Its methods may be called at the same time.
type Client struct{ opts Options }

// New makes a client. It starts nothing.
func New(opts Options) *Client {
	if opts.Timeout == 0 {
		opts.Timeout = DefaultTimeout
	}
	return &Client{opts}
}

var errUnfinished = errors.New("not implemented")

// Get implements [secret.Store]: an error that wraps secret.ErrNotFound if
// there is no such secret, else an [*Error].
func (c *Client) Get(ctx context.Context, name string) (secret.Value, error) {
	return secret.Value{}, errUnfinished
}

// GetAll reads several secrets with one process for each backend that holds
// some. What is not there is missing in the answer.
func (c *Client) GetAll(ctx context.Context, names []string) (map[string]secret.Value, error) {
	return nil, errUnfinished
}

// Set puts a value, into the backend that holds the name already, else into the
// chosen one. An existing value is replaced.
func (c *Client) Set(ctx context.Context, name string, value secret.Value) (Item, error) {
	return Item{}, errUnfinished
}

// Delete removes a secret, and wraps secret.ErrNotFound if there is none.
func (c *Client) Delete(ctx context.Context, name string) error { return errUnfinished }

// List are the secrets that the index knows, sorted by name, without asking any keyring.
func (c *Client) List() ([]Item, error) { return nil, errUnfinished }

// Probe asks every backend whether it is there, in the order of choice.
func (c *Client) Probe(ctx context.Context) ([]Probe, error) { return nil, errUnfinished }

// Unlock tries a passphrase of the file backend. With create it sets the backend
// up if it is not there.
func (c *Client) Unlock(ctx context.Context, passphrase secret.Value, create bool) error {
	return errUnfinished
}
