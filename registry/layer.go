package registry

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
)

// Layer is a place that a registry is put together from. A later one counts
// over an earlier one.
type Layer string

// The layers, in their order. LayerNamed is the file of --registry, in place of
// those of the machine and the user.
const (
	LayerShipped Layer = "shipped"
	LayerMachine Layer = "machine"
	LayerUser    Layer = "user"
	LayerNamed   Layer = "named"
	LayerProject Layer = "project"
	LayerPolicy  Layer = "policy" // only takes away
)

// theirs reports whether the layer is not the user's to write.
func (l Layer) theirs() bool { return l == LayerShipped || l == LayerMachine }

// File is a file that a registry was read from.
type File struct {
	Layer Layer
	Path  string
}

// source is the text of a file.
type source struct {
	File
	data    []byte
	partial bool // what it refers to may be in another one that is not read
}

// hashOf covers the files with their places: which of them says something can
// make a difference. That of one file that is read alone is the hash of its
// bytes, which others can compute, too.
func hashOf(sources []source) string {
	if len(sources) == 1 && sources[0].Layer == "" {
		sum := sha256.Sum256(sources[0].data)
		return hex.EncodeToString(sum[:])
	}
	h := sha256.New()
	for _, s := range sources {
		fmt.Fprintf(h, "%s\x00%s\x00%d\x00", s.Layer, s.Path, len(s.data))
		h.Write(s.data)
	}
	return hex.EncodeToString(h.Sum(nil))
}
