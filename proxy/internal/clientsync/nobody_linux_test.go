package clientsync

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"
)

// asNobody makes the files of a test be somebody's for whom modes count: root may do
// all things, so on this thread it asks for them as another user. It ends with the
// test, before its folders are removed.
func asNobody(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		return
	}
	const nobody = 65534
	if err := os.Chmod(filepath.Dir(t.TempDir()), 0o777); err != nil { // the next ones are beside it
		t.Fatal(err)
	}
	runtime.LockOSThread() // for good: the thread ends with the test
	unix.SetfsuidRetUid(nobody)
	t.Cleanup(func() { unix.SetfsuidRetUid(0) })
}
