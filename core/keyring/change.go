package keyring

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/loom-core/loom/core/secret"
)

// Set puts a value into the chosen backend, else into the one that holds the
// name already, else into the automatic one. An existing value is replaced. One
// that another backend holds is moved: it is deleted there when the new one is
// in place, and [Item].Left says if that could not be done.
func (c *Client) Set(ctx context.Context, name string, value secret.Value) (Item, error) {
	if err := checkName(OpSet, name); err != nil {
		return Item{}, err
	}
	switch n := len(value.Reveal()); {
	case n == 0:
		return Item{}, &Error{Op: OpSet, Name: name, Code: CodeBadRequest, Message: "the value is empty"}
	case n > MaxValue:
		return Item{}, &Error{Op: OpSet, Name: name, Code: CodeBadRequest, Message: fmt.Sprintf("the value has %d bytes, at most %d are kept", n, MaxValue)}
	}
	unlock, index, err := c.change(ctx, OpSet)
	if err != nil {
		return Item{}, err
	}
	defer unlock()
	old, known := index[name]
	to := c.opts.Backend
	if to == "" {
		to = old.Backend
	}
	// Where it will be is written down before it is there: if we die in between,
	// the value is found in the one place or the other. An automatic choice is
	// not known yet, and would be made again.
	next := entry{Backend: to, Set: old.Set, From: old.From}
	if known && to != old.Backend {
		next.From = old.Backend
	}
	announced := to != "" && next != old
	if announced {
		index[name] = next
		if err := c.writeIndex(OpSet, index); err != nil {
			return Item{}, err
		}
	}
	reply, err := c.ask(ctx, Request{Op: OpSet, Backend: to, Names: []string{name}, Value: []byte(value.Reveal())})
	if err != nil {
		if announced && !mayHaveArrived(err) {
			delete(index, name)
			if known {
				index[name] = old
			}
			err = errors.Join(err, c.writeIndex(OpSet, index))
		}
		return Item{}, err
	}
	next.Backend, next.Set = reply.Backend, time.Now().UTC().Truncate(time.Second)
	if next.From == next.Backend {
		next.From = ""
	}
	index[name] = next
	if err := c.writeIndex(OpSet, index); err != nil {
		return Item{}, err
	}
	if next.From != "" {
		if _, err := c.ask(ctx, Request{Op: OpDelete, Backend: next.From, Names: []string{name}}); err == nil {
			next.From = ""
			index[name] = next
			if err := c.writeIndex(OpSet, index); err != nil {
				return Item{}, err
			}
		}
	}
	return Item{Name: name, Backend: next.Backend, Set: next.Set, Left: next.From}, nil
}

// Delete removes a secret, and wraps secret.ErrNotFound if there is none.
func (c *Client) Delete(ctx context.Context, name string) error {
	if err := checkName(OpDelete, name); err != nil {
		return err
	}
	unlock, index, err := c.change(ctx, OpDelete)
	if err != nil {
		return err
	}
	defer unlock()
	old, known := index[name]
	backends := []Backend{c.opts.Backend}
	if known {
		backends = []Backend{old.Backend}
		if old.From != "" {
			backends = append(backends, old.From)
		}
	}
	there := known
	for _, backend := range backends {
		reply, err := c.ask(ctx, Request{Op: OpDelete, Backend: backend, Names: []string{name}})
		if none := (*Error)(nil); !known && errors.As(err, &none) && none.Code == CodeNoBackend {
			break // no place could hold it
		}
		if err != nil {
			return err
		}
		there = there || slices.Contains(reply.Names, name)
	}
	if known {
		delete(index, name)
		if err := c.writeIndex(OpDelete, index); err != nil {
			return err
		}
	}
	if !there {
		return fmt.Errorf("secret %s: %w", name, secret.ErrNotFound)
	}
	return nil
}

// change begins a change of the index.
func (c *Client) change(ctx context.Context, op Op) (unlock func(), i index, err error) {
	unlock, err = c.lock(ctx, op)
	if err != nil {
		return nil, nil, err
	}
	i, err = c.readIndex()
	if err != nil {
		unlock()
		return nil, nil, err
	}
	return unlock, i, nil
}

// mayHaveArrived reports whether a keyring may have done what was asked although
// there was an error: it was killed, or answered with nothing that can be read.
func mayHaveArrived(err error) bool {
	e, ok := err.(*Error)
	return !ok || e.Code == CodeTimeout || e.Code == CodeFailed
}
