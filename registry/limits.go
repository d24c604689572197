package registry

import (
	"cmp"

	"go.yaml.in/yaml/v3"
)

const (
	// minMemory is less than any process needs. A smaller limit is one whose
	// unit was forgotten.
	minMemory    = 1 << 20
	maxProcesses = 1_000_000
)

// limits are Limits as a file writes them: nil is a key that is not there.
type limits struct {
	memory    *int64
	processes *int
}

// over puts l on top of what holds otherwise.
func (l limits) over(base limits) limits {
	return limits{memory: cmp.Or(l.memory, base.memory), processes: cmp.Or(l.processes, base.processes)}
}

func (l limits) limits() Limits {
	return Limits{Memory: value(l.memory, 0), Processes: value(l.processes, 0)}
}

func (r *reader) limits(n *yaml.Node) limits {
	var l limits
	r.fields(n, "limits", limitKeys, func(key string, v *yaml.Node) {
		switch key {
		case "memory":
			bytes, ok := r.size(v, key)
			switch {
			case ok && bytes > 0 && bytes < minMemory:
				r.problem(v, "write a unit, like 512MiB, or 0 for no limit", "no process runs in %d bytes of memory", bytes)
			case ok:
				l.memory = &bytes
			}
		case "processes":
			if n, ok := r.number(v, key, 0, maxProcesses); ok {
				l.processes = &n
			}
		}
	})
	return l
}
