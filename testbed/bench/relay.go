package main

import (
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"sync"
)

// The roles in which this program starts itself.
const (
	roleServer      = "server"
	roleRelayProxy  = "relay-proxy"
	roleRelayDaemon = "relay-daemon"
)

// pump copies until src ends. The wrappers hide ReadFrom and WriteTo: with
// them the kernel would splice, and the bytes never enter the process, which no
// program that looks at a message could match.
func pump(dst io.Writer, src io.Reader) {
	io.CopyBuffer(struct{ io.Writer }{dst}, struct{ io.Reader }{src}, make([]byte, 64<<10))
}

// relayProxy joins stdio and the daemon's socket.
func relayProxy(socket string) error {
	conn, err := net.Dial("unix", socket)
	if err != nil {
		return err
	}
	go func() { // ends with stdin
		pump(conn, os.Stdin)
		conn.(*net.UnixConn).CloseWrite()
	}()
	pump(os.Stdout, conn)
	return nil
}

// relayDaemon gives every connection a server of its own: who only copies bytes
// cannot tell two clients' answers apart. It ends with its stdin.
func relayDaemon(socket string) error {
	listener, err := net.Listen("unix", socket)
	if err != nil {
		return err
	}
	go func() {
		io.Copy(io.Discard, os.Stdin)
		listener.Close()
	}()
	exe, err := os.Executable()
	if err != nil {
		return err
	}
	var serving sync.WaitGroup
	defer serving.Wait()
	for {
		conn, err := listener.Accept()
		if err != nil {
			return nil // closed
		}
		serving.Go(func() {
			if err := relay(conn, exe); err != nil {
				fmt.Fprintln(os.Stderr, "relay daemon:", err)
			}
		})
	}
}

func relay(conn net.Conn, exe string) error {
	defer conn.Close()
	cmd := exec.Command(exe, roleServer)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	go func() { // ends with the connection
		pump(in, conn)
		in.Close()
	}()
	pump(conn, out)
	return cmd.Wait()
}
