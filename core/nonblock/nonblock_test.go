package nonblock

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

type end interface {
	io.ReadWriteCloser
	SetReadDeadline(time.Time) error
	SetWriteDeadline(time.Time) error
}

// pairs are what Loom is joined by, the end that is read first.
func pairs(t testing.TB) map[string][2]end {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	var conns [2]end
	for n, fd := range fds {
		f := os.NewFile(uintptr(fd), "socket")
		conn, err := net.FileConn(f)
		f.Close()
		if err != nil {
			t.Fatal(err)
		}
		conns[n] = conn.(end)
	}
	out := map[string][2]end{"pipe": {r, w}, "socket": conns}
	t.Cleanup(func() {
		for _, p := range out {
			p[0].Close()
			p[1].Close()
		}
	})
	return out
}

func TestReadAndWrite(t *testing.T) {
	for name, p := range pairs(t) {
		t.Run(name, func(t *testing.T) {
			r, w := NewReader(p[0]), NewWriter(p[1])
			if r.raw == nil || !w.CanTry() {
				t.Fatal("it is not in non-blocking mode")
			}
			want := bytes.Repeat([]byte("0123456789"), 100<<10) // more than it holds
			go func() {
				if n, err := w.Write(want); n != len(want) || err != nil {
					t.Errorf("Write = %d, %v", n, err)
				}
				p[1].Close()
			}()
			if n, err := r.Read(nil); n != 0 || err != nil {
				t.Errorf("reading nothing: %d, %v", n, err)
			}
			if got, err := io.ReadAll(r); !bytes.Equal(got, want) || err != nil {
				t.Errorf("read %d bytes, %v", len(got), err)
			}
			if n, err := r.Read(make([]byte, 1)); n != 0 || err != io.EOF {
				t.Errorf("after the end: %d, %v", n, err)
			}
		})
	}
}

func TestTryNeverWaits(t *testing.T) {
	for name, p := range pairs(t) {
		t.Run(name, func(t *testing.T) {
			w := NewWriter(p[1])
			p[1].SetWriteDeadline(time.Now().Add(-time.Second)) // of somebody else's write
			if n := w.Try([]byte("x")); n != 1 {
				t.Errorf("%d bytes, want 1", n)
			}
			all := bytes.Repeat([]byte("x"), 1<<20)
			if n := w.Try(all); n <= 0 || n == len(all) {
				t.Errorf("%d of %d bytes went to one who reads nothing", n, len(all))
			}
			for w.Try(all) > 0 { // a socket has room for some more
			}
			if n, err := w.Write(all); !errors.Is(err, os.ErrDeadlineExceeded) || n != 0 {
				t.Errorf("Write = %d, %v", n, err)
			}
			p[0].Close()
			if n := w.Try([]byte("x")); n != 0 {
				t.Errorf("%d bytes went to one who is gone", n)
			}
			p[1].Close()
			if n := w.Try([]byte("x")); n != 0 {
				t.Errorf("%d bytes went into a closed file", n)
			}
		})
	}
}

func TestDeadlinesAndErrorsOfReads(t *testing.T) {
	for name, p := range pairs(t) {
		t.Run(name, func(t *testing.T) {
			r := NewReader(p[0])
			p[0].SetReadDeadline(time.Now().Add(time.Millisecond))
			if _, err := r.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("got %v", err)
			}
			p[0].SetReadDeadline(time.Time{})
			p[0].Close()
			if _, err := r.Read(make([]byte, 1)); err == nil {
				t.Error("a closed file was read")
			}
		})
	}
}

// A file that blocks is never called as one that does not.
func TestBlockingFilesAreLeftAlone(t *testing.T) {
	regular, err := os.Create(t.TempDir() + "/f")
	if err != nil {
		t.Fatal(err)
	}
	defer regular.Close()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	defer r.Close()
	r.Fd() // which makes it block
	for _, f := range []*os.File{regular, r} {
		if NewReader(f).raw != nil || NewWriter(f).CanTry() {
			t.Errorf("%s passes for one in non-blocking mode", f.Name())
		}
	}
	if file, _ := Inherited(regular); file != regular {
		t.Error("a regular file was taken for a pipe")
	}
	in := NewReader(r)
	w.WriteString("x")
	if n, err := in.Read(make([]byte, 9)); n != 1 || err != nil {
		t.Errorf("Read = %d, %v", n, err)
	}
	if _, ok := NewReader(io.LimitReader(nil, 0)).file.(*io.LimitedReader); !ok {
		t.Error("what is no file is not read as it is")
	}
}

func TestInherited(t *testing.T) {
	var fds [2]int
	if err := syscall.Pipe(fds[:]); err != nil {
		t.Fatal(err)
	}
	stdin, w := os.NewFile(uintptr(fds[0]), "stdin"), os.NewFile(uintptr(fds[1]), "w")
	defer stdin.Close()
	defer w.Close()
	blocks := func() bool {
		flags, err := unix.FcntlInt(uintptr(fds[0]), unix.F_GETFL, 0)
		return err == nil && flags&unix.O_NONBLOCK == 0
	}
	file, restore := Inherited(stdin)
	if blocks() {
		t.Fatal("a pipe was left as it was")
	}
	r := NewReader(file)
	if r.raw == nil {
		t.Error("it is read in the plain way")
	}
	w.WriteString("x")
	if n, err := r.Read(make([]byte, 9)); n != 1 || err != nil {
		t.Errorf("Read = %d, %v", n, err)
	}
	if again, _ := Inherited(file); again != file {
		t.Error("what is in non-blocking mode was taken again")
	}
	restore()
	if !blocks() {
		t.Error("it was not put back")
	}
}
