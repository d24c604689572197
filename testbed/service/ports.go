package service

import (
	"fmt"
	"net"
	"strconv"
)

// FreePorts are ports of loopback at which nobody listens. Somebody else may take
// one in between; then the start fails and says so.
func FreePorts(n int) ([]string, error) {
	var ports []string
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, fmt.Errorf("finding a free port on loopback: %w", err)
		}
		defer l.Close() // after the last one: no two are the same
		ports = append(ports, strconv.Itoa(l.Addr().(*net.TCPAddr).Port))
	}
	return ports, nil
}
