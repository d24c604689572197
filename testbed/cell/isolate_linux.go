package cell

import (
	"fmt"
	"maps"
	"net"
	"os"
	"slices"

	"golang.org/x/sys/unix"
)

// isolate makes the namespaces, which are copies of the machine's so far, the
// cell's own.
func isolate(s setup) error {
	// Nothing that is mounted from here on is seen outside.
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("making the mounts private: %w", err)
	}
	if err := unix.Mount("proc", "/proc", "proc", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, ""); err != nil {
		return fmt.Errorf("mounting /proc: %w", err)
	}
	if err := hide(s.Hide, s.Show); err != nil {
		return err
	}
	// A kubelet finds its volumes shared with those whom it gives them to.
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_SHARED, ""); err != nil {
		return fmt.Errorf("sharing the mounts inside: %w", err)
	}
	return loopback(s.Address)
}

// hide mounts an empty folder over each of dirs, so that what is written there
// goes with the cell, and then each of the folders of show at its place.
func hide(dirs []string, show map[string]string) error {
	from := map[string]string{} // opened first: it may be hidden then
	for place, dir := range show {
		fd, err := unix.Open(dir, unix.O_PATH|unix.O_CLOEXEC, 0)
		if err != nil {
			return fmt.Errorf("opening %s: %w", dir, err)
		}
		defer unix.Close(fd)
		from[place] = fmt.Sprintf("/proc/self/fd/%d", fd)
	}
	for _, dir := range dirs {
		if err := unix.Mount("tmpfs", dir, "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, "mode=755"); err != nil {
			return fmt.Errorf("hiding %s: %w", dir, err)
		}
	}
	for _, place := range slices.Sorted(maps.Keys(from)) { // outer ones first
		if err := os.MkdirAll(place, 0o755); err != nil {
			return fmt.Errorf("showing %s: %w", place, err)
		}
		if err := unix.Mount(from[place], place, "", unix.MS_BIND|unix.MS_REC, ""); err != nil {
			return fmt.Errorf("showing %s at %s: %w", show[place], place, err)
		}
	}
	return nil
}

// release takes folders away from the other places that they are shown at, with
// all that is mounted below: a mount point cannot be removed.
func release(show map[string]string) {
	for place, dir := range show {
		if place != dir {
			unix.Unmount(place, unix.MNT_DETACH)
		}
	}
}

// loopback brings the loopback device up and gives it a second address, which
// programs that refuse to live on 127.0.0.1 can be reached at.
func loopback(address string) error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("opening a socket: %w", err)
	}
	defer unix.Close(fd)
	device, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	device.SetUint16(unix.IFF_UP | unix.IFF_LOOPBACK | unix.IFF_RUNNING)
	if err := unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, device); err != nil {
		return fmt.Errorf("bringing lo up: %w", err)
	}
	if address == "" {
		return nil
	}
	alias, err := unix.NewIfreq("lo:1")
	if err != nil {
		return err
	}
	if err := alias.SetInet4Addr(net.ParseIP(address).To4()); err != nil {
		return fmt.Errorf("reading the address %q: %w", address, err)
	}
	if err := unix.IoctlIfreq(fd, unix.SIOCSIFADDR, alias); err != nil {
		return fmt.Errorf("giving lo the address %s: %w", address, err)
	}
	// The kernel makes 10.0.0.1 a net of its own class, 10.0.0.0/8.
	if err := alias.SetInet4Addr([]byte{255, 255, 255, 255}); err != nil {
		return err
	}
	if err := unix.IoctlIfreq(fd, unix.SIOCSIFNETMASK, alias); err != nil {
		return fmt.Errorf("giving lo the address %s: %w", address, err)
	}
	return nil
}
