package forward

import (
	"io"
	"net"
	"testing"

	"github.com/loom-core/loom/core/jsonrpc"
	"github.com/loom-core/loom/core/loomrpc"
)

// BenchmarkCall is what the proxy does with a tools/call and with its answer
// between reading and writing them.
func BenchmarkCall(b *testing.B) {
	link, theirs := net.Pipe()
	defer link.Close()
	defer theirs.Close()
	p := &Proxy{
		client: &gather{w: io.Discard}, loomd: &gather{w: io.Discard}, link: link,
		inFlight: map[string]request{}, asked: map[string]bool{}, routes: map[string]loomrpc.Route{"fake__echo": {Server: "fake", Tool: "echo"}},
	}
	call := []byte(`{"jsonrpc":"2.0","id":17,"method":"tools/call","params":{"name":"fake__echo","arguments":{"query":"sum by (job) (rate(http_requests_total[5m]))","limit":20}}}`)
	answer := []byte(`{"jsonrpc":"2.0","id":17,"result":{"content":[{"type":"text","text":"echo"}],"structuredContent":{"query":"sum by (job) (rate(http_requests_total[5m]))"}}}`)
	b.ReportAllocs()
	for b.Loop() {
		m, err := jsonrpc.Scan(call)
		if err != nil {
			b.Fatal(err)
		}
		p.fromClient(call, m)
		if m, err = jsonrpc.ScanTrusted(answer); err != nil {
			b.Fatal(err)
		}
		if err := p.fromLoomd(answer, m); err != nil {
			b.Fatal(err)
		}
	}
	if len(p.inFlight) > 0 {
		b.Errorf("%d calls have no answer", len(p.inFlight))
	}
}
