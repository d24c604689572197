// Package catalog keeps the last good definitions of every server on disk, so
// that lists are answered in milliseconds without starting anything, right
// after boot and while a server is broken.
//
// Definitions are kept as the server wrote them, byte by byte. Each server has
// one file: a line of JSON about the server, then one line per definition.
package catalog

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
)

// Catalog is safe for concurrent use.
type Catalog struct {
	dir string

	// writing is held over the writing of files, and by nobody who only reads: of
	// two changes the later one is what stays on disk.
	writing sync.Mutex

	mu      sync.Mutex
	entries map[string]*Entry // by server
	asks    map[string]bool   // servers that asked before their definitions were learnt
	version int64             // counts the changes that clients see
}

// Open reads the entries in dir, which is made when it is missing. A file that
// cannot be read is reported in the error and left out: the server is learnt
// again, and nothing else suffers.
func Open(dir string) (*Catalog, error) {
	c := &Catalog{dir: dir, entries: map[string]*Entry{}, asks: map[string]bool{}}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("making the catalog's folder: %w", err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*"+suffix))
	if err != nil {
		return nil, fmt.Errorf("reading the catalog: %w", err)
	}
	var bad []error
	for _, file := range files {
		e, err := read(file)
		if err != nil {
			bad = append(bad, fmt.Errorf("reading %s: %w", file, err))
			continue
		}
		c.entries[e.Server] = e
	}
	return c, errors.Join(bad...)
}

// Get returns the last good definitions of server, also when they are of an
// earlier version of it: old ones serve until new ones are learnt. The entry
// must not be changed.
func (c *Catalog) Get(server string) (*Entry, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.entries[server]
	return e, ok
}

// Known reports whether the definitions of server were learnt from just what
// it is now.
func (c *Catalog) Known(server, key string) bool {
	e, ok := c.Get(server)
	return ok && e.Key == key
}

// Version is another one after each [Catalog.Put] that changed something:
// whoever keeps what was made of the entries can tell whether it is out of date.
func (c *Catalog) Version() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.version
}

// Put stores what was learnt. changed tells whether clients see a difference.
// The entry counts from now on even when it could not be written. Of two
// definitions of one kind and name the first is kept, and a server that is
// still what it was goes on being one that asks.
func (c *Catalog) Put(learnt *Entry) (changed bool, err error) {
	kept := *learnt
	e := &kept
	for k := range Kind(Kinds) {
		e.SetList(k, distinct(e.List(k)))
	}
	c.mu.Lock()
	old := c.entries[e.Server]
	if old != nil && old.Key == e.Key && old.Asks || c.asks[e.Server] {
		e.Asks = true
	}
	delete(c.asks, e.Server)
	c.entries[e.Server] = e
	if changed = old == nil || !same(old, e); changed {
		c.version++
	}
	c.mu.Unlock()
	if !changed && old.Key == e.Key && old.Era == e.Era && old.Version == e.Version && old.Both == e.Both && old.Asks == e.Asks {
		return false, nil
	}
	return changed, c.save(e.Server)
}

// SetAsks notes that server asked its client for something, and writes it down
// at once. It is no change that clients see. A server that was never learnt is
// noted when it is.
func (c *Catalog) SetAsks(server string) error {
	c.mu.Lock()
	old := c.entries[server]
	if old == nil {
		c.asks[server] = true
	}
	if old == nil || old.Asks {
		c.mu.Unlock()
		return nil
	}
	e := *old
	e.Asks = true
	c.entries[server] = &e
	c.mu.Unlock()
	return c.save(server)
}

// save writes the entry that server has by now.
func (c *Catalog) save(server string) error {
	c.writing.Lock()
	defer c.writing.Unlock()
	e, _ := c.Get(server)
	if err := write(filepath.Join(c.dir, server+suffix), e); err != nil {
		return fmt.Errorf("writing the definitions of %s: %w", server, err)
	}
	return nil
}
