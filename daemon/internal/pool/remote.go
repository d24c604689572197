package pool

import (
	"context"
	"io"
	"net/http"

	"github.com/loom-core/loom/daemon/internal/child"
	"github.com/loom-core/loom/daemon/internal/remote"
	"github.com/loom-core/loom/registry"
)

// reach turns the entry of a remote server into a bridge, which to all the rest
// is a process like any other.
func (p *Pool) reach(s registry.Server, expand func(string) (string, bool, error)) (child.Spec, error) {
	name := s.ID()
	address, _, err := expand(s.URL)
	if err != nil {
		return child.Spec{}, err
	}
	if err := s.Bounds.CheckURL(address); err != nil {
		return child.Spec{}, err
	}
	lines := p.Logs(name)
	o := remote.Options{
		Server: name, URL: address, Headers: http.Header{}, Version: p.opts.Version, Environ: p.opts.Environ,
		Log: func(line string) { lines.Add("remote", line) },
	}
	for _, h := range s.Headers {
		value, present, err := expand(h.Value)
		if err != nil {
			return child.Spec{}, err
		}
		if present {
			o.Headers.Set(h.Name, value)
		}
	}
	return child.Spec{Server: name, Version: p.opts.Version, Timeouts: p.opts.Timeouts, Bridge: func(ctx context.Context, in io.Reader, out io.Writer) error {
		return remote.Run(ctx, o, in, out)
	}}, nil
}
