package inventory

import (
	"errors"
	"fmt"

	"github.com/loom-core/loom/proxy/internal/clientsync"
	"github.com/loom-core/loom/proxy/internal/configfile"
	"github.com/loom-core/loom/proxy/internal/target"
)

// File is a client's file and the servers in it.
type File struct {
	Target target.Target
	Path   string
	Scope  clientsync.Scope
	Data   []byte
	Items  []Item
}

// Item is a server as a client has it.
type Item struct {
	File  *File
	Name  string
	Pos   configfile.Position
	Value any
	Found target.Found
	Valid bool // Found is what it says; else it is nothing that could be started
}

// Place is path:line:column.
func (i Item) Place() string {
	return fmt.Sprintf("%s:%d:%d", i.File.Path, i.Pos.Line, i.Pos.Column)
}

// Read reads a client's file. One that is not there has no items. The error names
// the place.
func Read(t target.Target, path string, scope clientsync.Scope) (*File, error) {
	f := &File{Target: t, Path: path, Scope: scope}
	data, ok, err := clientsync.Read(path)
	if err != nil || !ok {
		return f, err
	}
	f.Data = data
	parsed, err := configfile.Parse(t.Format, data)
	if err != nil {
		return f, at(path, err)
	}
	entries, _, err := parsed.Entries(t.Key...)
	if err != nil {
		return f, at(path, err)
	}
	for _, e := range entries {
		i := Item{File: f, Name: e.Key, Pos: e.Pos, Value: e.Value}
		if o, ok := e.Value.(configfile.Object); ok {
			i.Found, i.Valid = t.Found(o)
		}
		f.Items = append(f.Items, i)
	}
	return f, nil
}

// at puts the path before an error that has a place in the file.
func at(path string, err error) error {
	var syntax *configfile.SyntaxError
	var shape *configfile.ShapeError
	if errors.As(err, &syntax) || errors.As(err, &shape) {
		return fmt.Errorf("%s:%w", path, err)
	}
	return fmt.Errorf("reading %s: %w", path, err)
}
