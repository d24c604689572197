package keyring

import (
	"context"
	"slices"
	"strings"

	"github.com/loom-core/loom/core/secret"
)

// List are the secrets that the index knows, sorted by name, without asking any keyring.
func (c *Client) List() ([]Item, error) {
	index, err := c.readIndex()
	if err != nil {
		return nil, err
	}
	var items []Item
	for name, e := range index {
		items = append(items, Item{Name: name, Backend: e.Backend, Set: e.Set, Left: e.From})
	}
	slices.SortFunc(items, func(a, b Item) int { return strings.Compare(a.Name, b.Name) })
	return items, nil
}

// Names are the secrets that a backend says it has, sorted, whatever the index
// knows. For the empty backend the answer says which one was chosen.
func (c *Client) Names(ctx context.Context, backend Backend) (Backend, []string, error) {
	reply, err := c.ask(ctx, Request{Op: OpList, Backend: backend})
	return reply.Backend, reply.Names, err
}

// Probe asks every backend whether it is there, in the order of choice. It
// unlocks nothing and needs no passphrase.
func (c *Client) Probe(ctx context.Context) ([]Probe, error) {
	reply, err := c.ask(ctx, Request{Op: OpProbe})
	return reply.Probes, err
}

// Unlock tries a passphrase of the file backend. With create it sets the backend
// up if it is not there.
func (c *Client) Unlock(ctx context.Context, passphrase secret.Value, create bool) error {
	_, err := c.ask(ctx, Request{Op: OpUnlock, Backend: File, Passphrase: passphrase.Reveal(), Create: create})
	return err
}

// ask has one operation done, and finds the passphrase if that needs one.
func (c *Client) ask(ctx context.Context, req Request) (Reply, error) {
	req.Dir = c.dir()
	if req.Backend == File && req.Op != OpUnlock {
		return c.askFile(ctx, req)
	}
	reply, err := c.run(ctx, req)
	if req.Backend == "" && locked(err, File) {
		req.Backend = File // the choice fell on it, and only now it is known that a passphrase is needed
		return c.askFile(ctx, req)
	}
	return reply, err
}

// askFile asks without a passphrase if there is none: what is not in the file
// is known without it.
func (c *Client) askFile(ctx context.Context, req Request) (Reply, error) {
	var why error
	if c.opts.Passphrase != nil {
		passphrase, err := c.opts.Passphrase(ctx)
		if err == nil {
			req.Passphrase = passphrase.Reveal()
		}
		why = err
	}
	reply, err := c.run(ctx, req)
	if e, ok := err.(*Error); ok && why != nil && locked(err, File) {
		e.Message += ": " + why.Error()
	}
	return reply, err
}

func locked(err error, backend Backend) bool {
	e, ok := err.(*Error)
	return ok && e.Code == CodeLocked && e.Backend == backend
}
