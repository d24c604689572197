package nonblock

import (
	"io/fs"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Inherited puts f, a pipe or socket that the process was started with, into
// non-blocking mode, and returns the file to use in its place, a duplicate.
// restore puts f back: others may have it too. Any other file is returned as it
// is: a terminal has more who read it.
func Inherited(f *os.File) (file *os.File, restore func()) {
	file, err := duplicate(f)
	if err != nil || file == nil {
		return f, func() {}
	}
	restore = func() {
		if raw, err := file.SyscallConn(); err == nil {
			raw.Control(func(fd uintptr) { syscall.SetNonblock(int(fd), false) })
		}
	}
	if file.SetDeadline(time.Time{}) != nil { // the poller does not take it: nobody could wait for it
		restore()
		file.Close()
		return f, func() {}
	}
	return file, restore
}

// duplicate is nil for what is to be left alone.
func duplicate(f *os.File) (*os.File, error) {
	info, err := f.Stat()
	if err != nil || info.Mode()&(fs.ModeNamedPipe|fs.ModeSocket) == 0 {
		return nil, err
	}
	raw, err := f.SyscallConn()
	if err != nil {
		return nil, err
	}
	var file *os.File
	var failed error
	err = raw.Control(func(fd uintptr) {
		flags, err := unix.FcntlInt(fd, unix.F_GETFL, 0)
		if err != nil || flags&unix.O_NONBLOCK != 0 { // then it is polled already
			failed = err
			return
		}
		again, err := unix.FcntlInt(fd, unix.F_DUPFD_CLOEXEC, 0)
		if err != nil {
			failed = err
			return
		}
		if failed = syscall.SetNonblock(again, true); failed != nil {
			syscall.Close(again)
			return
		}
		file = os.NewFile(uintptr(again), f.Name())
	})
	if err == nil {
		err = failed
	}
	return file, err
}
