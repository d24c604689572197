package pool

import (
	"sync"
	"time"

	"github.com/loom-core/loom/core/jsonrpc"
	"github.com/loom-core/loom/daemon/internal/child"
)

// Call is a request for a server and whose it is. It is sent once.
type Call struct {
	child.Request
	Owner Owner // nil: Loom's own, for which nobody can be asked

	since time.Time // when it was first seen waiting; guarded by the instance
}

// Owner is a client: what a server asks or says may be for it. Its methods run
// on the server's reader and must not block.
type Owner interface {
	// Asked gets a request of the server that is for this owner and nobody
	// else. It sees to an answer, by [Asked.Reply].
	Asked(*Asked)
	// Told gets a notification of the server. alone says that no other client
	// has a request in flight there.
	Told(i *Instance, frame []byte, m jsonrpc.Message, method string, alone bool)
	// Withdrawn takes a question back, or says that its server cannot hear the
	// answer any more.
	Withdrawn(a *Asked, reason string)
	// Left is called once when an instance that the owner has used will serve
	// it no more, because the registry changed: what it subscribed to is to be
	// subscribed to anew.
	Left(*Instance)
}

// Asked is a request of a server for one of its clients.
type Asked struct {
	Instance *Instance
	Frame    []byte
	Message  jsonrpc.Message
	Method   string

	owner   Owner
	process *child.Process
	once    sync.Once
}

// Reply sends the answer: parts of one frame, with the server's own id in it.
// Only the first counts.
func (a *Asked) Reply(parts ...[]byte) {
	a.once.Do(func() {
		a.process.Reply(parts...)
		a.Instance.answered(a)
	})
}

// Refuse answers with an error.
func (a *Asked) Refuse(e *jsonrpc.Error) {
	a.Reply(jsonrpc.NewError(a.Message.ID.Of(a.Frame), e))
}

// Drop is for a question that needs no answer any more.
func (a *Asked) Drop() { a.once.Do(func() { a.Instance.answered(a) }) }

// Tell sends a notification that belongs to the request, such as progress.
func (a *Asked) Tell(frame []byte) { a.process.Reply(frame) }

// Gone is closed when the process that asked has ended.
func (a *Asked) Gone() <-chan struct{} { return a.process.Done() }

// ghostLife is how long a call that was given up still counts as its owner's:
// the server may not have noticed yet, and ask on its behalf.
const ghostLife = time.Minute
