package service

import (
	"os"
	"os/signal"
	"slices"
	"syscall"
)

// Run runs the tests and ends the Bed, and so does a signal. It returns the exit
// status of the test binary.
func (b *Bed) Run(m interface{ Run() int }) int {
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	go func() { // ends with the process
		s := <-signals
		go func() {
			<-signals
			os.Exit(130) // who asks twice wants it now; the warden does the rest
		}()
		b.Say(s.String() + ": stopping the services")
		b.exit(130)
	}()
	code := m.Run()
	b.end(false)
	if b.failed.Load() && code == 0 {
		code = 1
	}
	return code
}

// fail ends the run, which has lost a service.
func (b *Bed) fail(why string) {
	if b.context.Err() != nil {
		select {} // it is ending for another reason, which was said
	}
	b.failed.Store(true) // also if the tests end before this does
	b.Say("\nthe run fails: " + why)
	b.exit(1)
}

// exit ends the run from within. It does not return.
func (b *Bed) exit(code int) {
	b.end(true)
	os.Exit(code)
}

// end stops the services, the youngest first, removes the folder and prints the
// table. A run that is cut short has more running, which is nobody's fault. Who
// comes second waits for the first.
func (b *Bed) end(cut bool) {
	b.ending.Do(func() {
		b.cancel()
		if cut && b.opts.Also != nil {
			b.opts.Also()
		}
		b.mu.Lock()
		stand := slices.Clone(b.stand)
		b.mu.Unlock()
		for _, p := range slices.Backward(stand) {
			if err := p.stop(); err != nil {
				b.failed.Store(true)
				b.Say(err.Error())
			}
		}
		b.watching.Wait()
		if err := b.folder.End(); err != nil && !cut {
			b.failed.Store(true)
			b.Say(err.Error())
		}
		b.table(stand)
	})
}
