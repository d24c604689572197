package testbed

import (
	"context"
	"os"
	"strings"

	"github.com/loom-core/loom/core/localsock"
	"github.com/loom-core/loom/core/loomrpc"
)

// deadline is a context for one question that is answered at once. It is not
// cancelled early: whoever asks waits for the answer.
func deadline() context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), Patience)
	context.AfterFunc(ctx, cancel)
	return ctx
}

func (w *World) dial() (*loomrpc.Client, error) {
	conn, err := localsock.Dial(deadline(), w.Socket)
	if err != nil {
		return nil, err
	}
	client := loomrpc.NewClient(conn)
	if _, err := client.Hello(deadline(), loomrpc.Hello{Version: "testbed", PID: os.Getpid(), Control: true}); err != nil {
		client.Close()
		return nil, err
	}
	return client, nil
}

// Ask asks loomd, which has to be running.
func (w *World) Ask(method string, params, result any) {
	w.t.Helper()
	if err := w.try(method, params, result); err != nil {
		w.t.Fatalf("asking loomd for %s: %v", method, err)
	}
}

func (w *World) try(method string, params, result any) error {
	conn, err := w.dial()
	if err != nil {
		return err
	}
	defer conn.Close()
	return conn.Call(deadline(), method, params, result)
}

// Version is that of the loomd that answers at the world's socket, empty while
// none does.
func (w *World) Version() string {
	var s loomrpc.Status
	if w.try(loomrpc.MethodStatus, nil, &s) != nil {
		return ""
	}
	return s.Version
}

// Running reports whether a loomd answers at the world's socket.
func (w *World) Running() bool {
	conn, err := w.dial()
	if err == nil {
		conn.Close()
	}
	return err == nil
}

// Status is what loomd says of itself.
func (w *World) Status() loomrpc.Status {
	w.t.Helper()
	var s loomrpc.Status
	w.Ask(loomrpc.MethodStatus, nil, &s)
	return s
}

// Server is one server's part of [World.Status].
func (w *World) Server(name string) loomrpc.ServerStatus {
	w.t.Helper()
	for _, s := range w.Status().Servers {
		if s.Name == name {
			return s
		}
	}
	w.t.Fatalf("loomd has no server %s", name)
	panic("unreachable")
}

// InFlight is how many calls the processes of a server are working at.
func (w *World) InFlight(server string) (n int) {
	w.t.Helper()
	for _, i := range w.Server(server).Instances {
		n += i.InFlight
	}
	return n
}

// Stderr is what a server wrote to its stderr, as `loom logs` has it.
func (w *World) Stderr(server string) string {
	w.t.Helper()
	var reply loomrpc.LogsReply
	w.Ask(loomrpc.MethodLogs, loomrpc.LogsQuery{Server: server}, &reply)
	var text strings.Builder
	for _, line := range reply.Lines {
		text.WriteString(line.Text + "\n")
	}
	return text.String()
}
