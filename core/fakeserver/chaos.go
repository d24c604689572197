package fakeserver

import (
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/loom-core/loom/core/mcp"
)

// Chaos is what a server does to all that it says. The zero value is none.
type Chaos struct {
	Reorder      time.Duration // each answer is late by up to that, so that they change places
	Seed         uint64        // of the delays
	Stray        bool          // before each answer come some to ids that nobody gave
	Twice        bool          // each answer comes twice
	WildProgress bool          // with each call comes progress under tokens that nobody gave
}

func (c *Chaos) flags(flags *flag.FlagSet) {
	flags.DurationVar(&c.Reorder, "reorder", 0, "each answer is late by up to that")
	flags.Uint64Var(&c.Seed, "seed", 1, "of -reorder")
	flags.BoolVar(&c.Stray, "stray", false, "answers to ids that nobody gave")
	flags.BoolVar(&c.Twice, "twice", false, "each answer twice")
	flags.BoolVar(&c.WildProgress, "wild-progress", false, "progress under tokens that nobody gave")
}

type chaos struct {
	Chaos
	mu   sync.Mutex
	dice *rand.Rand
}

func newChaos(c Chaos) chaos {
	return chaos{Chaos: c, dice: rand.New(rand.NewPCG(c.Seed, c.Seed))}
}

// answer sends a response, in the way that chaos has it.
func (s *server) answer(frame []byte) {
	send := func() {
		if s.chaos.Stray {
			s.write([]byte(`{"jsonrpc":"2.0","id":987654321,"result":{"x-stray":true}}`))
			s.write([]byte(`{"jsonrpc":"2.0","id":"nobody","error":{"code":-1,"message":"stray"}}`))
		}
		s.write(frame)
		if s.chaos.Twice {
			s.write(frame)
		}
	}
	if s.chaos.Reorder <= 0 {
		send()
		return
	}
	s.chaos.mu.Lock()
	delay := time.Duration(s.chaos.dice.Int64N(int64(s.chaos.Reorder)))
	s.chaos.mu.Unlock()
	s.work.Go(func() {
		select {
		case <-time.After(delay):
		case <-s.ctx.Done():
		}
		send()
	})
}

func (s *server) wildProgress() {
	if s.chaos.WildProgress {
		s.notify(mcp.Progress, `{"progressToken":987654321,"progress":1}`)
		s.notify(mcp.Progress, `{"progressToken":"nobody","progress":0.5,"total":1}`)
	}
}

// slowStdin is the tool {ms} that answers, and then reads nothing for a while:
// the reader itself runs it.
func (s *server) slowStdin(r *request, arguments []byte) {
	var args struct{ MS int }
	json.Unmarshal(arguments, &args) // what does not fit stays zero
	s.result(r, textResult("deaf"))
	time.Sleep(time.Duration(args.MS) * time.Millisecond)
}

// stop is the tool that stops the process, as SIGSTOP does. It answers when
// somebody has woken it.
func (s *server) stop(r *request, _ []byte) {
	if err := syscall.Kill(os.Getpid(), syscall.SIGSTOP); err != nil {
		s.result(r, textResult(err.Error()))
		return
	}
	s.result(r, textResult("awake"))
}

// flood is the tool {n} that sends n reports of progress and n log lines, as far
// as the client wants them, as fast as they are taken.
func (s *server) flood(r *request, arguments []byte) {
	var args struct{ N int }
	json.Unmarshal(arguments, &args) // what does not fit stays zero
	token, logs := r.param("_meta", "progressToken"), s.logs(r, "info")
	for i := range args.N {
		if r.ctx.Err() != nil {
			return
		}
		if token != nil {
			s.notify(mcp.Progress, `{"progressToken":`+string(token)+`,"progress":`+strconv.Itoa(i+1)+`,"total":`+strconv.Itoa(args.N)+`}`)
		}
		if logs {
			s.notify("notifications/message", `{"level":"info","logger":"fake","data":{"line":`+strconv.Itoa(i)+`}}`)
		}
	}
	s.result(r, textResult(fmt.Sprintf("flooded %d", args.N)))
}

// floodStderr is the tool {n, bytes} that writes n lines of that many bytes to
// stderr.
func (s *server) floodStderr(r *request, arguments []byte) {
	var args struct{ N, Bytes int }
	json.Unmarshal(arguments, &args) // what does not fit stays zero
	line := strings.Repeat("e", args.Bytes)
	for i := range args.N {
		fmt.Fprintf(os.Stderr, "%d %s\n", i, line)
	}
	s.result(r, textResult(fmt.Sprintf("flooded %d", args.N)))
}
