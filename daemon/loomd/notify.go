package loomd

import (
	"fmt"
	"net"
	"os"
)

// notify tells systemd how loomd is, if systemd started it (sd_notify(3): one
// datagram to the socket that $NOTIFY_SOCKET names). systemctl start then waits
// until loomd serves, and says so when it does not.
func notify(state string) error {
	name := os.Getenv("NOTIFY_SOCKET")
	if name == "" {
		return nil
	}
	conn, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: name, Net: "unixgram"}) // a leading @ is an abstract name to both
	if err != nil {
		return fmt.Errorf("notifying the service manager: %w", err)
	}
	defer conn.Close()
	if _, err := conn.Write([]byte(state)); err != nil {
		return fmt.Errorf("notifying the service manager: %w", err)
	}
	return nil
}
