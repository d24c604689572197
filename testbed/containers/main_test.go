package containers

import (
	"fmt"
	"os"
	"testing"

	"github.com/loom-core/loom/testbed/engine"
	"github.com/loom-core/loom/testbed/service"
)

// inner is the Bed of the runs that the tests start: the test binary again, with
// TestInner.
var inner *service.Bed

// baseVariable is where such a run has its folder.
const baseVariable = "CONTAINERS_TEST_BASE"

func TestMain(m *testing.M) {
	engine.Enter()
	base := os.Getenv(baseVariable)
	if base == "" {
		os.Exit(m.Run())
	}
	var err error
	inner, err = service.Open(service.Options{Providers: []service.Provider{Provider()}, Choice: "containers", Base: base})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	os.Exit(inner.Run(m))
}

// TestInner uses a service, and waits to be ended unless it is told not to.
func TestInner(t *testing.T) {
	if inner == nil {
		return
	}
	inner.Use(t, os.Getenv("CONTAINERS_TEST_USE"))
	fmt.Println("it answers")
	if os.Getenv("CONTAINERS_TEST_WAIT") != "" {
		select {}
	}
}

// gate skips a test that starts containers.
func gate(t *testing.T) {
	t.Helper()
	if os.Getenv("LOOM_E2E") == "" {
		t.Skip("starts containers: make e2e-containers")
	}
	t.Setenv("LOOM_TESTBED_IMAGES", "local")
	if err := works(t.Context()); err != nil {
		t.Skip(err)
	}
}
