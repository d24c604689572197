package app

import (
	"bufio"
	"bytes"
	"io"
	"testing"

	"github.com/loom-core/loom/core/localsock"
)

// BenchmarkCall is a small tools/call over loomd's socket to a server that runs:
// one after another, and 64 in flight. The allocations are those of all of loomd.
func BenchmarkCall(b *testing.B) {
	_, opts := run(b, "version: 1\nservers:\n  fake: {command: FAKE, share: global, concurrency: 64}\n")
	conn, err := localsock.Dial(b.Context(), opts.Socket)
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close()
	in := bufio.NewReaderSize(conn, 64<<10)
	answered := func() {
		for {
			line, err := in.ReadSlice('\n')
			if err != nil {
				b.Fatal(err)
			}
			if !bytes.Contains(line[:40], []byte(`"method"`)) {
				return
			}
		}
	}
	ask := func(frame string) {
		io.WriteString(conn, frame+"\n")
		answered()
	}
	ask(`{"jsonrpc":"2.0","id":1,"method":"loom/hello","params":{"protocol":1,"version":"v1"}}`)
	ask(`{"jsonrpc":"2.0","method":"loom/mcp","params":{"jsonrpc":"2.0","id":2,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"bench","version":"1"}}}}`)
	ids := make([]string, 64)
	for n := range ids {
		ids[n] = `{"jsonrpc":"2.0","id":` + string(rune('0'+n/10)) + string(rune('0'+n%10)) + `,"method":"loom/call","params":{"server":"fake","tool":"echo","params":{"name":"fake__echo","arguments":{"query":"sum by (job) (rate(http_requests_total[5m]))","limit":20}}}}` + "\n"
		ids[n] = ids[n][:22] + "1" + ids[n][22:]
	}
	ask(ids[0][:len(ids[0])-1])
	b.Run("one", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			io.WriteString(conn, ids[0])
			answered()
		}
	})
	b.Run("64", func(b *testing.B) {
		b.ReportAllocs()
		var batch []byte
		for _, frame := range ids {
			batch = append(batch, frame...)
		}
		under := 0
		for b.Loop() {
			if under == 0 {
				conn.Write(batch)
				under = len(ids)
			}
			answered()
			under--
		}
		for range under {
			answered()
		}
	})
}
