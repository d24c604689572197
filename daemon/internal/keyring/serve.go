package keyring

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	core "github.com/loom-core/loom/core/keyring"
	"github.com/loom-core/loom/core/secret"
	"github.com/loom-core/loom/daemon/internal/keyring/prelude"
)

// Main reads one request on stdin and writes one reply to stdout. The result is
// for os.Exit; what went wrong with the operation is in the reply.
func Main(args []string) int {
	if len(args) > 0 {
		fmt.Fprintln(os.Stderr, "loom-keyring is run by loom and loomd: it takes no arguments, and one request on stdin. loom secret --help shows what people use.")
		return 2
	}
	prelude.Restore()
	reply := answer(os.Stdin)
	if err := json.NewEncoder(os.Stdout).Encode(reply); err != nil {
		fmt.Fprintln(os.Stderr, "loom-keyring: writing the reply:", err)
		return 1
	}
	return 0
}

func answer(in io.Reader) core.Reply {
	req, err := readRequest(in)
	if err != nil {
		return core.Reply{Error: wire("", err)}
	}
	if req.Op == core.OpProbe {
		return core.Reply{Probes: probe(req)}
	}
	reply, err := safely(&req)
	if err != nil {
		return core.Reply{Error: wire(req.Backend, err)}
	}
	reply.Backend = req.Backend
	return reply
}

// safely does what is asked, with the backend that is chosen if none was. The
// library takes the answers of other programs for granted, and what it panics
// with may hold a value.
func safely(req *core.Request) (reply core.Reply, err error) {
	defer func() {
		if recover() != nil {
			err = fail(core.CodeFailed, "the library that speaks to keyrings panicked")
		}
	}()
	if req.Backend == "" {
		if req.Backend, err = choose(*req); err != nil {
			return reply, err
		}
	}
	return do(*req)
}

func do(req core.Request) (reply core.Reply, err error) {
	if req.Op == core.OpUnlock {
		return reply, (&fileRing{dir: req.Dir, passphrase: req.Passphrase}).unlock(req.Create)
	}
	r, err := openRing(req)
	if err != nil {
		return reply, err
	}
	switch req.Op {
	case core.OpGet:
		reply.Values = map[string][]byte{}
		for _, name := range req.Names {
			value, err := r.get(name)
			if errors.Is(err, errAbsent) {
				continue
			}
			if err != nil {
				return reply, err // the next one may open another window to ask in
			}
			reply.Values[name] = value
		}
	case core.OpSet:
		return reply, r.set(req.Names[0], req.Value)
	case core.OpDelete:
		for _, name := range req.Names {
			err := r.remove(name)
			if err == nil {
				reply.Names = append(reply.Names, name)
			} else if !errors.Is(err, errAbsent) {
				return reply, err
			}
		}
	case core.OpList:
		names, err := r.names()
		if err != nil {
			return reply, err
		}
		reply.Names = slices.DeleteFunc(names, func(name string) bool { return !secret.ValidName(name) })
		slices.Sort(reply.Names)
	}
	return reply, nil
}
