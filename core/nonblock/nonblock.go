package nonblock

import (
	"io"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// rawOf returns the file's descriptor for calls that cannot block, nil where
// they can.
func rawOf(file any) syscall.RawConn {
	f, ok := file.(syscall.Conn)
	if !ok {
		return nil
	}
	raw, err := f.SyscallConn()
	if err != nil {
		return nil
	}
	is := false
	err = raw.Control(func(fd uintptr) {
		flags, err := unix.FcntlInt(fd, unix.F_GETFL, 0)
		is = err == nil && flags&unix.O_NONBLOCK != 0
	})
	if err != nil || !is {
		return nil
	}
	return raw
}

// Reader reads one file. It is for one goroutine at a time.
type Reader struct {
	file io.Reader
	raw  syscall.RawConn // nil: file is read in the plain way
	try  func(fd uintptr) (done bool)
	buf  []byte // of the read under way
	n    int
	err  error
}

// NewReader reads file, which keeps its deadlines.
func NewReader(file io.Reader) *Reader {
	r := &Reader{file: file}
	if f, ok := file.(interface{ SetReadDeadline(time.Time) error }); ok && f.SetReadDeadline(time.Time{}) == nil { // the poller knows it
		r.raw = rawOf(file)
	}
	r.try = func(fd uintptr) bool {
		for {
			r.n, r.err = read(fd, r.buf)
			if r.err != syscall.EINTR {
				return r.err != syscall.EAGAIN
			}
		}
	}
	return r
}

// Read is that of the file.
func (r *Reader) Read(p []byte) (int, error) {
	if r.raw == nil || len(p) == 0 {
		return r.file.Read(p)
	}
	r.buf = p
	err := r.raw.Read(r.try)
	r.buf = nil
	switch {
	case err != nil:
		return 0, err
	case r.err != nil:
		return 0, os.NewSyscallError("read", r.err)
	case r.n == 0:
		return 0, io.EOF
	}
	return r.n, nil
}

// Writer writes one file. It is for one goroutine at a time.
type Writer struct {
	file io.Writer
	raw  syscall.RawConn // nil: nothing can be written without waiting
	try  func(fd uintptr)
	buf  []byte // of the write under way
	n    int
	err  error
}

// NewWriter writes file.
func NewWriter(file io.Writer) *Writer {
	w := &Writer{file: file, raw: rawOf(file)}
	w.try = func(fd uintptr) {
		for {
			w.n, w.err = write(fd, w.buf)
			if w.err != syscall.EINTR {
				return
			}
		}
	}
	return w
}

// CanTry reports whether Try can ever write.
func (w *Writer) CanTry() bool { return w.raw != nil }

// Try writes as much of p as the file takes at once and returns how much that
// is. It never waits, and a deadline that has passed is none of it. An error
// shows at the next Write.
func (w *Writer) Try(p []byte) (n int) {
	if w.raw == nil || len(p) == 0 {
		return 0
	}
	w.buf = p
	err := w.raw.Control(w.try)
	w.buf = nil
	if err != nil || w.err != nil {
		return 0
	}
	return w.n
}

// Write is that of the file, which is tried first.
func (w *Writer) Write(p []byte) (int, error) {
	n := w.Try(p)
	if n == len(p) {
		return n, nil
	}
	rest, err := w.file.Write(p[n:])
	return n + rest, err
}
