package local

import "testing"

// TestNames: a service calls itself what the tests call it.
func TestNames(t *testing.T) {
	for name, new := range Provider().Services {
		if s := new(); s.Name() != name {
			t.Errorf("the service %s calls itself %s", name, s.Name())
		}
	}
}
