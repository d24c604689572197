package service

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// inner is the Bed of the runs that the tests start: the test binary again, with
// one of the tests below.
var inner *Bed

func TestMain(m *testing.M) {
	base := os.Getenv("SERVICE_TEST_BASE")
	if base == "" {
		os.Exit(m.Run())
	}
	var err error
	inner, err = Open(Options{Providers: []Provider{fakes()}, Base: base, Also: func() { fmt.Println("ended the worlds") }})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	os.Exit(inner.Run(m))
}

func onlyInner(t *testing.T) {
	if inner == nil {
		t.Skip("is run by the tests of this package")
	}
}

func TestInnerShared(t *testing.T) {
	onlyInner(t)
	first := inner.Use(t, "one")
	t.Run("again", func(t *testing.T) {
		t.Parallel()
		if again := inner.Use(t, "one"); again != first {
			t.Errorf("the second has %v, the first %v", again, first)
		}
	})
	t.Run("beside", func(t *testing.T) { t.Parallel(); inner.Use(t, "one"); inner.Use(t, "two"); inner.Use(t, "two") })
	t.Run("skipped", func(t *testing.T) { inner.Use(t, "two"); t.Skip("no reason") })
	t.Run("alone", func(t *testing.T) {
		s, other := inner.Alone(t, "two")
		if other == inner.Use(t, "two") {
			t.Error("alone is not alone")
		}
		s.(*fake).cmd.Process.Kill() // costs nobody anything
	})
	t.Run("failed", func(t *testing.T) { inner.Use(t, "two"); t.Error("on purpose") })
}

func TestInnerDies(t *testing.T) {
	onlyInner(t)
	at := inner.Use(t, "one")
	pid, _ := strconv.Atoi(at.URL[strings.LastIndex(at.URL, "/")+1:])
	syscall.Kill(pid, syscall.SIGKILL)
	select {}
}

func TestInnerUse(t *testing.T) {
	onlyInner(t)
	inner.Use(t, os.Getenv("SERVICE_TEST_USE"))
}

func TestInnerWait(t *testing.T) {
	onlyInner(t)
	inner.Use(t, os.Getenv("SERVICE_TEST_USE"))
	fmt.Println("waiting")
	select {}
}
