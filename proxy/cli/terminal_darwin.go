package cli

import (
	"os"

	"golang.org/x/sys/unix"
)

// fread is FREAD of sys/fcntl.h: the queue of input.
const fread = 1

// dropInput forgets what was typed and not read yet.
func dropInput(tty *os.File) {
	_ = unix.IoctlSetPointerInt(int(tty.Fd()), unix.TIOCFLUSH, fread) // no terminal has nothing to forget
}
