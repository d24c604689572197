package service

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// inner is the Bed of the runs that the tests start: the test binary again, with
// one of the tests below. Without it they have nothing to say.
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

func TestInnerShared(t *testing.T) {
	if inner == nil {
		return
	}
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
	if inner == nil {
		return
	}
	at := inner.Use(t, "one")
	pid, _ := strconv.Atoi(at.URL[strings.LastIndex(at.URL, "/")+1:])
	syscall.Kill(pid, syscall.SIGKILL)
	select {}
}

func TestInnerUse(t *testing.T) {
	if inner == nil {
		return
	}
	inner.Use(t, os.Getenv("SERVICE_TEST_USE"))
}

// TestInnerFull fills the disk before it asks.
func TestInnerFull(t *testing.T) {
	if inner == nil {
		return
	}
	f, err := os.Create(filepath.Join(inner.Temp(), "fill"))
	if err != nil {
		t.Fatal(err)
	}
	for size := 4096; size > 0; size /= 2 {
		for err = nil; err == nil; {
			_, err = f.Write(make([]byte, size))
		}
	}
	inner.Use(t, "one")
}

func TestInnerWait(t *testing.T) {
	if inner == nil {
		return
	}
	inner.Use(t, os.Getenv("SERVICE_TEST_USE"))
	fmt.Println("waiting")
	select {}
}
