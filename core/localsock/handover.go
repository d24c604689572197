package localsock

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"
)

// handoverVariable tells the next image of this very process what it has open.
const handoverVariable = "LOOM_HANDOVER"

// handover is its value.
type handover struct {
	PID           int // whose descriptors they are: in any other process the variable says nothing
	Path, Address string
	Socket        int
	Locks         []int
}

// Handover is a socket with its locks, on the way from one loomd to the next in
// the same process (execve): nobody else can take them in between, and whoever
// connects waits for the next one.
type Handover struct {
	Variable string // "NAME=value" for the environment of the next image, which calls [Inherit]
	l        *Listener
	socket   *os.File
}

// Handover ends Accept and makes what l holds outlive an execve. [Listener.Close]
// does nothing from here on.
func (l *Listener) Handover() (*Handover, error) {
	socket, err := l.File()
	if err != nil {
		return nil, fmt.Errorf("handing over the socket: %w", err)
	}
	h := &Handover{l: l, socket: socket}
	value := handover{PID: os.Getpid(), Path: l.path, Address: l.address, Socket: int(socket.Fd())}
	for _, lock := range l.locks {
		value.Locks = append(value.Locks, int(lock.Fd()))
	}
	raw, err := json.Marshal(value)
	if err == nil {
		err = closeOnExec(value, false)
	}
	if err != nil {
		closeOnExec(value, true)
		socket.Close()
		return nil, fmt.Errorf("handing over the socket: %w", err)
	}
	h.Variable = handoverVariable + "=" + string(raw)
	l.handed = true
	return h, l.UnixListener.Close() // the copy goes on listening
}

// Cancel frees socket and locks: there was no next image.
func (h *Handover) Cancel() error {
	h.l.handed = false
	err := h.l.Close()
	if errors.Is(err, net.ErrClosed) { // only the copy was open
		err = nil
	}
	return errors.Join(h.socket.Close(), err)
}

// Inherit returns what the image before this one handed over, nil if there was
// none. It is called before any child is started.
func Inherit() (*Listener, error) {
	text, ok := os.LookupEnv(handoverVariable)
	os.Unsetenv(handoverVariable)
	var h handover
	if !ok || json.Unmarshal([]byte(text), &h) != nil || h.PID != os.Getpid() {
		return nil, nil
	}
	if err := closeOnExec(h, true); err != nil {
		return nil, fmt.Errorf("taking over the socket: %w", err)
	}
	l := &Listener{path: h.Path, address: h.Address}
	for _, fd := range h.Locks {
		l.locks = append(l.locks, os.NewFile(uintptr(fd), "lock"))
	}
	socket := os.NewFile(uintptr(h.Socket), h.Path)
	defer socket.Close() // the listener has a copy
	listener, err := net.FileListener(socket)
	if err != nil {
		l.unlock()
		return nil, fmt.Errorf("taking over the socket: %w", err)
	}
	unix, ok := listener.(*net.UnixListener)
	if !ok {
		listener.Close()
		l.unlock()
		return nil, fmt.Errorf("taking over the socket: %s is a %T", h.Path, listener)
	}
	unix.SetUnlinkOnClose(false)
	l.UnixListener = unix
	return l, nil
}

func closeOnExec(h handover, on bool) error {
	flag := 0
	if on {
		flag = syscall.FD_CLOEXEC
	}
	for _, fd := range append([]int{h.Socket}, h.Locks...) {
		if err := setFDFlags(fd, flag); err != nil {
			return err
		}
	}
	return nil
}
