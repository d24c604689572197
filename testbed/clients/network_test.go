package clients

import (
	"bytes"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// What the network starts sees a loopback and nothing else, and what listens there
// is not to be had from outside.
func TestAgentsNetwork(t *testing.T) {
	if os.Getenv("LOOM_AGENTS") == "" {
		t.Skip("needs the right to make a network: make clients-e2e runs this test")
	}
	n, err := newNetwork()
	if err != nil {
		t.Skip(err)
	}
	defer n.close()
	cmd := exec.Command("cat", "/proc/self/net/dev")
	var out bytes.Buffer
	cmd.Stdout = &out
	if err := n.start(cmd); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(out.String()) {
		if name, _, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) != "lo" {
			t.Errorf("the network has %s", strings.TrimSpace(name))
		}
	}
	l, err := n.listen()
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if c, err := net.Dial("tcp4", l.Addr().String()); err == nil {
		c.Close()
		t.Errorf("%s is open outside of the network", l.Addr())
	}
}
