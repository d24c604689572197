package child

import (
	"os"
	"testing"
	"time"

	"github.com/loom-core/loom/daemon/internal/ring"
)

// BenchmarkCall is a small call of one that waits for the answer, and of many
// at once: with the child's own work, which is the same before and after.
func BenchmarkCall(b *testing.B) {
	exe, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	spawner := NewSpawner()
	defer spawner.Close()
	p, err := Start(b.Context(), spawner, Spec{Server: "fake", Path: exe, Args: []string{"-era=legacy"}, Env: []string{"FAKE_SERVER=1"}, Dir: b.TempDir(), Stderr: ring.New(10, nil), Version: "test"})
	if err != nil {
		b.Fatal(err)
	}
	defer p.Stop()
	for name, inFlight := range map[string]int{"one": 1, "64": 64} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			free := make(chan struct{}, inFlight)
			for b.Loop() {
				free <- struct{}{}
				p.Send(nil, &Request{Method: "tools/call", Params: []byte(`{"name":"echo","arguments":{"query":"x","limit":20}}`), Name: "echo", Timeout: time.Minute,
					Done: func(Answer) { <-free }})
			}
			for range inFlight {
				free <- struct{}{}
			}
		})
	}
}
