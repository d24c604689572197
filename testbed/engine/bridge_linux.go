package engine

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"unsafe"

	"golang.org/x/sys/unix"
)

// subnets are the addresses of an engine, a sixteenth of 10.0.0.0/8 each, by which
// its bridges are known.
type subnets netip.Prefix

// freeSubnets are some that no interface of the machine has anything in.
func freeSubnets() (subnets, error) {
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		return subnets{}, fmt.Errorf("looking for free addresses: %w", err)
	}
	var taken []netip.Prefix
	for _, a := range addresses {
		if p, err := netip.ParsePrefix(a.String()); err == nil {
			taken = append(taken, p.Masked())
		}
	}
	for n := byte(213); n < 255; n++ {
		p := netip.PrefixFrom(netip.AddrFrom4([4]byte{10, n, 0, 0}), 16)
		if !slices.ContainsFunc(taken, p.Overlaps) {
			return subnets(p), nil
		}
	}
	return subnets{}, errors.New("there are no free addresses for the engine's networks in 10.0.0.0/8: stop the other engines")
}

func (s subnets) String() string { return netip.Prefix(s).String() }

// bridge is the address of the first bridge, and pool has those of all other
// networks.
func (s subnets) bridge() netip.Prefix {
	return netip.PrefixFrom(netip.Prefix(s).Addr().Next(), 24)
}

func (s subnets) pool() netip.Prefix {
	four := netip.Prefix(s).Addr().As4()
	return netip.PrefixFrom(netip.AddrFrom4([4]byte{four[0], four[1], 128, 0}), 17)
}

// addBridge makes a bridge with an address and no ports. dockerd makes only one
// that is called docker0 by itself.
func addBridge(name string, prefix netip.Prefix) error {
	mask := net.CIDRMask(prefix.Bits(), 32)
	err := control(func(fd int) error {
		if err := link(fd, unix.SIOCBRADDBR, name); err != nil {
			return err
		}
		for _, set := range []struct {
			request uint
			value   []byte
		}{{unix.SIOCSIFADDR, prefix.Addr().AsSlice()}, {unix.SIOCSIFNETMASK, mask}} {
			ifr, err := unix.NewIfreq(name)
			if err == nil {
				err = ifr.SetInet4Addr(set.value)
			}
			if err == nil {
				err = unix.IoctlIfreq(fd, set.request, ifr)
			}
			if err != nil {
				return err
			}
		}
		return up(fd, name, true)
	})
	if err != nil {
		return fmt.Errorf("making the bridge %s: %w", name, err)
	}
	return nil
}

// removeBridges removes the bridges that have an address in all.
func removeBridges(all netip.Prefix) error {
	interfaces, err := net.Interfaces()
	if err != nil {
		return fmt.Errorf("looking for bridges: %w", err)
	}
	var errs []error
	for _, i := range interfaces {
		if _, err := os.Stat(filepath.Join("/sys/class/net", i.Name, "bridge")); err != nil || !within(i, all) {
			continue
		}
		err := control(func(fd int) error { return errors.Join(up(fd, i.Name, false), link(fd, unix.SIOCBRDELBR, i.Name)) })
		if err != nil {
			errs = append(errs, fmt.Errorf("removing the bridge %s: %w", i.Name, err))
		}
	}
	return errors.Join(errs...)
}

func within(i net.Interface, all netip.Prefix) bool {
	addresses, _ := i.Addrs() // one that is gone has none
	for _, a := range addresses {
		if prefix, err := netip.ParsePrefix(a.String()); err == nil && all.Contains(prefix.Addr()) {
			return true
		}
	}
	return false
}

// control gives do a socket to configure interfaces with.
func control(do func(fd int) error) error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	return do(fd)
}

// link asks for a bridge by its name to be made or removed.
func link(fd int, request uintptr, name string) error {
	text, err := unix.BytePtrFromString(name)
	if err != nil {
		return err
	}
	if _, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), request, uintptr(unsafe.Pointer(text))); errno != 0 {
		return errno
	}
	return nil
}

// up switches an interface on or off.
func up(fd int, name string, on bool) error {
	ifr, err := unix.NewIfreq(name)
	if err != nil {
		return err
	}
	if err := unix.IoctlIfreq(fd, unix.SIOCGIFFLAGS, ifr); err != nil {
		return err
	}
	flags := ifr.Uint16() &^ unix.IFF_UP
	if on {
		flags |= unix.IFF_UP
	}
	ifr.SetUint16(flags)
	return unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, ifr)
}
