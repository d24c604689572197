package cell

import (
	"io"
	"net"
)

// forward passes the connections of a listener to an address, both ways, until
// the listener is closed.
func forward(listener net.Listener, address string) {
	for {
		outer, err := listener.Accept()
		if err != nil {
			return
		}
		go func() { // ends with either connection
			defer outer.Close()
			inner, err := net.Dial("tcp", address)
			if err != nil {
				return // nobody listens there yet; the caller sees a connection that ends
			}
			defer inner.Close()
			ended := make(chan struct{})
			go func() { // ends with either connection
				pass(inner, outer)
				close(ended)
			}()
			pass(outer, inner)
			<-ended
		}()
	}
}

// pass copies what one side sends and then its end, so that the other can still
// answer. A copy that fails ends both.
func pass(to, from net.Conn) {
	if _, err := io.Copy(to, from); err != nil {
		to.Close()
		from.Close()
		return
	}
	if half, ok := to.(*net.TCPConn); ok {
		half.CloseWrite()
	}
}
