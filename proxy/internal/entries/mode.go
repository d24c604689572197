package entries

import (
	"slices"

	"github.com/loom-core/loom/proxy/internal/configfile"
	"github.com/loom-core/loom/proxy/internal/target"
)

// ModeOf is the mode in which the text of a file was made, by what its entries
// start; empty where it has none, or cannot be read.
func ModeOf(t target.Target, text []byte) Mode {
	file, err := configfile.Parse(t.Format, text)
	if err != nil {
		return ""
	}
	there, _, err := file.Entries(t.Key...)
	if err != nil || len(there) == 0 {
		return ""
	}
	for _, e := range there {
		o, _ := e.Value.(configfile.Object)
		found, _ := t.Found(o)
		switch {
		case e.Key == loomEntry:
			return Loom
		case !slices.Contains(found.Args, "--server"):
			return Direct
		}
	}
	return Split
}
