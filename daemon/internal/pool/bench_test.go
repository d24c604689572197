package pool

import (
	"testing"
	"time"

	"github.com/loom-core/loom/daemon/internal/child"
)

// BenchmarkCall is a small call through an instance that runs, one after
// another and many at once.
func BenchmarkCall(b *testing.B) {
	p, _ := newPool(b)
	s := fake(b, nil)
	s.Concurrency = 64
	for name, inFlight := range map[string]int{"one": 1, "64": 64} {
		b.Run(name, func(b *testing.B) {
			if err := p.Instance(s, Sharing{}).Learn(b.Context()); err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			free := make(chan struct{}, inFlight)
			for b.Loop() {
				free <- struct{}{}
				p.Instance(s, Sharing{}).Send(nil, &Call{Request: child.Request{
					Method: "tools/call", Params: []byte(`{"name":"echo","arguments":{"query":"x","limit":20}}`), Name: "echo", Timeout: time.Minute,
					Done: func(child.Answer) { <-free },
				}})
			}
			for range inFlight {
				free <- struct{}{}
			}
		})
	}
}
