package cli

import (
	"os"

	"golang.org/x/sys/unix"
)

// dropInput forgets what was typed and not read yet.
func dropInput(tty *os.File) {
	_ = unix.IoctlSetInt(int(tty.Fd()), unix.TCFLSH, unix.TCIFLUSH) // no terminal has nothing to forget
}
