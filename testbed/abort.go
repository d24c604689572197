package testbed

import (
	"os"
	"os/signal"
	"slices"
	"sync"
	"syscall"
)

// worlds are those that have not ended.
var worlds struct {
	sync.Mutex
	all []*World
}

func (w *World) enter() {
	worlds.Lock()
	defer worlds.Unlock()
	worlds.all = append(worlds.all, w)
}

func (w *World) leave() {
	worlds.Lock()
	defer worlds.Unlock()
	worlds.all = slices.DeleteFunc(worlds.all, func(o *World) bool { return o == w })
}

// EndOnSignal makes ^C end the processes of all worlds with the test binary:
// loomd is detached, so the signal alone does not reach it. also runs after that.
func EndOnSignal(also func()) {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() { // ends with the process
		<-signals
		EndAll()
		if also != nil {
			also()
		}
		os.Exit(1)
	}()
}

// EndAll ends the processes of all worlds and removes their folders. No world
// begins any more after it: the process is to end.
func EndAll() {
	worlds.Lock() // and never unlocked
	for _, w := range worlds.all {
		for _, p := range w.Processes() {
			p.Kill()
		}
		os.RemoveAll(w.Dir)
	}
}

// Guarded is a [*testing.M] whose run ends like that.
type Guarded struct {
	M    interface{ Run() int }
	Also func() // optional
}

// Run runs the tests.
func (g Guarded) Run() int {
	EndOnSignal(g.Also)
	return g.M.Run()
}
