package prelude

import (
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// Bus is what was found of the session bus.
type Bus struct {
	Err    error // why it cannot be used
	Silent bool  // somebody listens there and does not answer
}

// Session is set before anybody's main.
var Session Bus

const (
	address  = "DBUS_SESSION_BUS_ADDRESS"
	busOff   = "LOOM_KEYRING_BUS" // see BusOff of core/keyring, which must not be imported
	disabled = "disabled:"        // no transport has that name
)

// patience is how long the bus may take to answer one line. A bus that lives
// does so within a millisecond.
var patience = syscall.Timeval{Sec: 3}

// theirs is what the environment said of the bus, for the programs that we start.
var theirs, given = os.LookupEnv(address)

func init() {
	harden()
	watchParent()
	found, bus := find(theirs)
	Session = bus
	if Session.Err != nil {
		found = disabled
	}
	os.Setenv(address, found)
	os.Unsetenv(busOff)
}

// Restore gives what we start the bus that our environment had.
func Restore() {
	if given {
		os.Setenv(address, theirs)
	} else if Session.Err != nil {
		os.Unsetenv(address)
	}
}

// find returns the address of a bus that answers.
func find(address string) (string, Bus) {
	if os.Getenv(busOff) == "off" {
		return "", Bus{Err: errors.New("the session bus was not asked for")}
	}
	if address == "" || strings.HasPrefix(address, "autolaunch:") { // which would start one
		run := os.Getenv("XDG_RUNTIME_DIR")
		if run == "" {
			run = "/run/user/" + strconv.Itoa(os.Getuid())
		}
		if _, err := os.Stat(run + "/bus"); err != nil {
			return "", Bus{Err: errors.New("there is no session bus: DBUS_SESSION_BUS_ADDRESS is not set, and " + run + "/bus is not there")}
		}
		address = "unix:path=" + run + "/bus"
	}
	var last Bus
	for _, one := range strings.Split(address, ";") {
		transport, keys, _ := strings.Cut(one, ":")
		if transport != "unix" {
			if transport == "tcp" {
				return one, Bus{} // rare, and the deadline of the whole holds for it
			}
			last = Bus{Err: fmt.Errorf("the session bus has an address that cannot be used: %q", one)}
			continue
		}
		path, abstract := socket(keys)
		silent, err := answers(path, abstract)
		if err == nil && abstract {
			return "unix:abstract=" + path, Bus{}
		} else if err == nil {
			return "unix:path=" + path, Bus{}
		}
		last = Bus{Err: fmt.Errorf("the session bus at %s: %w", path, err), Silent: silent}
	}
	return "", last
}

// socket reads "path=/run/bus,guid=…", in which bytes may be written as %2f.
func socket(keys string) (path string, abstract bool) {
	for _, kv := range strings.Split(keys, ",") {
		key, value, _ := strings.Cut(kv, "=")
		if key != "path" && key != "abstract" {
			continue
		}
		var plain []byte
		for i := 0; i < len(value); i++ {
			if value[i] == '%' && i+2 < len(value) {
				if b, err := hex.DecodeString(value[i+1 : i+3]); err == nil {
					plain = append(plain, b...)
					i += 2
					continue
				}
			}
			plain = append(plain, value[i])
		}
		return string(plain), key == "abstract"
	}
	return "", false
}

// answers says the first line that every client says, and waits for the answer.
func answers(path string, abstract bool) (silent bool, err error) {
	fd, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return false, err
	}
	defer syscall.Close(fd)
	for _, option := range []int{syscall.SO_SNDTIMEO, syscall.SO_RCVTIMEO} {
		if err := syscall.SetsockoptTimeval(fd, syscall.SOL_SOCKET, option, &patience); err != nil {
			return false, err
		}
	}
	name := path
	if abstract {
		name = "@" + path
	}
	silence := func(err error) (bool, error) {
		if err == syscall.EAGAIN || err == syscall.EINPROGRESS {
			return true, fmt.Errorf("it does not answer within %d s", patience.Sec)
		}
		return false, err
	}
	// A limit of time makes signals interrupt these, and the runtime sends itself some.
	if err := again(func() error { return syscall.Connect(fd, &syscall.SockaddrUnix{Name: name}) }); err != nil && err != syscall.EISCONN {
		return silence(err)
	}
	hello := "\x00AUTH EXTERNAL " + hex.EncodeToString([]byte(strconv.Itoa(os.Getuid()))) + "\r\n"
	if err := again(func() error { _, err := syscall.Write(fd, []byte(hello)); return err }); err != nil {
		return silence(err)
	}
	var said [256]byte
	var n int
	if err := again(func() (err error) { n, err = syscall.Read(fd, said[:]); return err }); err != nil {
		return silence(err)
	}
	if !strings.HasPrefix(string(said[:n]), "OK") {
		return false, fmt.Errorf("it answers %q", strings.TrimSpace(string(said[:n])))
	}
	return false, nil
}

func again(call func() error) error {
	for {
		if err := call(); err != syscall.EINTR {
			return err
		}
	}
}
