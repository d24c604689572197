// Package fakeserver is a small MCP server with bad habits, for tests of those
// who run servers. It speaks raw JSON-RPC, so that it can write what no SDK
// would. A test binary becomes one by calling [Main] when it is started again
// under a name or variable of its choice.
//
// Its tools ([Tools]): echo gives its arguments back, byte by byte; pid, cwd
// and env say how the process was started; sleep answers late and reports
// progress; crash, hang, noise, big, half and error misbehave as their names
// say; grow adds a tool.
//
// With [Options.Surface] it has all that a server can have in its era:
// resources, prompts, completion, logging, requests to the client, tasks,
// subscriptions, methods of a vendor ([SurfaceTools] drive them). Its ids,
// tokens and task ids are small numbers on purpose: those of two servers
// collide, and a hub has to keep them apart.
package fakeserver

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"time"
)

// Options say which server it is. The zero value is a legacy one with tools.
type Options struct {
	Era       string        // legacy; modern; silent (no answer to server/discover); exit (ends at it)
	StartWait time.Duration // before the handshake is answered
	Pages     int           // each list comes in that many pages
	Extra     int           // further tools named extra-0, extra-1, …
	Plain     bool          // tools, and the answer of echo, as every client reads them
	Greeting  string        // a line on stdout before anything else
	Stubborn  bool          // ignores the end of stdin
	Serial    bool          // one call at a time; nothing is read meanwhile
	Journal   string        // file to which every frame that comes is appended, as it came

	Surface  bool   // the whole surface of the era, not just tools
	Name     string // of the server, in its URIs fake://<name>/…; "fake" if empty
	Bytes    int    // size of the resource big
	Early    bool   // list_changed before the handshake is answered
	AskFirst string // a kind of question (see the tool ask) that is sent once the session is open
	OwnTasks bool   // the ids of tasks are of this process alone, as they ought to be
	Chaos    Chaos
}

// Main parses args and serves stdin and stdout. It returns an exit code.
func Main(args []string) int {
	var o Options
	flags := flag.NewFlagSet("fakeserver", flag.ContinueOnError)
	flags.StringVar(&o.Era, "era", "legacy", "legacy, modern, silent or exit")
	flags.DurationVar(&o.StartWait, "start-wait", 0, "before the handshake is answered")
	flags.IntVar(&o.Pages, "pages", 1, "of each list")
	flags.IntVar(&o.Extra, "extra", 0, "further tools")
	flags.BoolVar(&o.Plain, "plain", false, "tools, and the answer of echo, as every client reads them")
	flags.StringVar(&o.Greeting, "greeting", "", "line on stdout at the start")
	flags.BoolVar(&o.Stubborn, "stubborn", false, "ignore the end of stdin")
	flags.BoolVar(&o.Serial, "serial", false, "one call at a time")
	flags.StringVar(&o.Journal, "journal", "", "append what comes to that file")
	flags.BoolVar(&o.Surface, "surface", false, "the whole surface of the era, not just tools")
	flags.StringVar(&o.Name, "name", "fake", "of the server, in its URIs")
	flags.IntVar(&o.Bytes, "bytes", 1<<20, "of the resource big")
	flags.BoolVar(&o.Early, "early", false, "list_changed before the handshake is answered")
	flags.StringVar(&o.AskFirst, "ask-first", "", "kind of question sent once the session is open")
	flags.BoolVar(&o.OwnTasks, "own-tasks", false, "ids of tasks that no other process gives")
	o.Chaos.flags(flags)
	fail := flags.String("fail", "", "say so on stderr and exit with status 3")
	if flags.Parse(args) != nil {
		return 2
	}
	if *fail != "" {
		fmt.Fprintln(os.Stderr, *fail)
		return 3
	}
	if err := Serve(os.Stdin, os.Stdout, o); err != nil && !errors.Is(err, io.EOF) {
		fmt.Fprintln(os.Stderr, "fakeserver:", err)
		return 1
	}
	if o.Stubborn {
		select {}
	}
	return 0
}
