package fault

import (
	"context"
	"crypto/tls"
	"net"
	"sync"
)

// listener tells its Front of each connection.
type listener struct {
	net.Listener
	front *Front
}

func (l *listener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	counted := &conn{Conn: c, front: l.front}
	l.front.update(func() {
		l.front.open[counted] = true
		l.front.accepted++
	})
	return counted, nil
}

// conn is a client's connection until it is closed, whoever has it by then.
type conn struct {
	net.Conn
	front *Front
	once  sync.Once
}

func (c *conn) Close() error {
	c.once.Do(func() { c.front.update(func() { delete(c.front.open, c) }) })
	return c.Conn.Close()
}

// resetOnClose has the next Close send RST and forget what was not sent.
func (c *conn) resetOnClose() {
	if tcp, ok := c.Conn.(*net.TCPConn); ok {
		tcp.SetLinger(0)
	}
}

type connKey struct{}

// withConn lets a handler find the connection of its request.
func withConn(ctx context.Context, c net.Conn) context.Context {
	if secure, ok := c.(*tls.Conn); ok {
		c = secure.NetConn()
	}
	return context.WithValue(ctx, connKey{}, c)
}

// Open is how many connections clients have to the Front now, idle ones too.
func (f *Front) Open() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.open)
}

// Accepted is how many connections there were.
func (f *Front) Accepted() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.accepted
}

// HangUp closes every connection, as a service does that is started again.
func (f *Front) HangUp() {
	f.mu.Lock()
	var all []*conn
	for c := range f.open {
		all = append(all, c)
	}
	f.mu.Unlock()
	for _, c := range all {
		c.Close()
	}
}
