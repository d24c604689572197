package chaos

import (
	"fmt"
	"math/rand/v2"
	"time"
)

// A kind is one way to use Loom.
type kind string

// The kinds.
const (
	echo     kind = "echo"        // the arguments come back
	progress kind = "progress"    // a call that tells how far it is
	big      kind = "big"         // a large result
	asking   kind = "ask"         // a call that asks its client something
	logging  kind = "log"         // a call that logs
	touch    kind = "touch"       // a call that changes a resource
	follow   kind = "follow"      // subscribe to a resource, later give that up
	prompt   kind = "prompt"      // get a prompt
	wondered kind = "prompt, ask" // a prompt that asks its client something
	read     kind = "read"        // read a resource
	job      kind = "task"        // a call that is run as a task
	cancel   kind = "cancel"      // a call that is taken back
	unwanted kind = "ask, cancel" // a call that asks, and is taken back about then
	failing  kind = "error"       // the server's own error
	list     kind = "list"        // one of the lists
	ping     kind = "ping"
)

// weights say how often each kind comes.
var weights = []struct {
	kind   kind
	weight int
}{
	{echo, 24}, {progress, 10}, {big, 3}, {asking, 12}, {logging, 5}, {touch, 5}, {follow, 4}, {prompt, 4}, {wondered, 2},
	{read, 4}, {job, 6}, {cancel, 5}, {unwanted, 2}, {failing, 2}, {list, 4}, {ping, 2},
}

// step is one request of a worker, as the seed has it.
type step struct {
	kind   kind
	server server
	number int           // of the worker's steps
	pick   int           // chooses among what the kind has several of
	ms     int           // that the server takes
	think  time.Duration // before it
}

// plan is the endless list of one worker's steps.
type plan struct {
	dice   *rand.Rand
	number int
}

// newPlan is the same for the same numbers.
func newPlan(seed uint64, client, worker int) *plan {
	return &plan{dice: rand.New(rand.NewPCG(seed, uint64(client)<<8|uint64(worker)))}
}

func (p *plan) next() step {
	p.number++
	s := step{
		number: p.number, server: servers[p.dice.IntN(len(servers))], pick: p.dice.IntN(1 << 20),
		ms: p.dice.IntN(80), think: time.Duration(p.dice.ExpFloat64() * float64(15*time.Millisecond)),
	}
	total := 0
	for _, w := range weights {
		total += w.weight
	}
	at := p.dice.IntN(total)
	for _, w := range weights {
		if at -= w.weight; at < 0 {
			s.kind = w.kind
			break
		}
	}
	if (s.kind == cancel || s.kind == unwanted) && s.server.concurrency == 1 && s.pick%8 > 0 {
		s.server = servers[0] // loomd lets such a one rest for seconds, and nothing else would happen there
	}
	return s
}

// mark is in all that a step sends: whose it is, of which of its lives, and
// which one.
func mark(client, life, worker, step int) string {
	return fmt.Sprintf("c%dl%dw%dn%d", client, life, worker, step)
}
