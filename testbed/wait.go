package testbed

import "time"

// Patience is how long anything is waited for: far longer than it takes on a
// busy machine of two cores, and short enough that a hang is a failed test and
// not a lost afternoon.
const Patience = 30 * time.Second

// T is what a World needs of its test. [*testing.T] has it, and so have the
// demo and a testscript.
type T interface {
	Helper()
	Cleanup(func())
	Logf(format string, args ...any)
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
	Failed() bool
}

// Eventually waits until is returns true, and fails t when it never does. It is
// for what nobody announces: a process that ends, a line in a file.
func Eventually(t T, what string, is func() bool) {
	t.Helper()
	if !within(Patience, is) {
		t.Fatalf("waited %s in vain: %s", Patience, what)
	}
}

func within(limit time.Duration, is func() bool) bool {
	give := time.Now().Add(limit)
	for pause := time.Millisecond; ; pause = min(2*pause, 50*time.Millisecond) {
		if is() {
			return true
		}
		if time.Now().After(give) {
			return false
		}
		time.Sleep(pause)
	}
}
