package fault

import (
	"fmt"
	"io"
	"os/exec"
	"syscall"
)

// watch unmounts a disk when its stdin ends without a line: the test has been
// killed. It is started before the disk is there, so that there is never one
// without it.
const watch = `trap "" INT TERM HUP; read -r line && exit; umount -l "$0" && rmdir "$0"`

// mount lays a tmpfs over a folder until t ends, however that is.
func mount(t TB, dir string, size int64) {
	t.Helper()
	watcher := exec.Command("/bin/sh", "-c", watch, dir)
	watcher.Dir = "/"
	watcher.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // ^C is not for it
	stdin, err := watcher.StdinPipe()
	if err == nil {
		err = watcher.Start()
	}
	if err != nil {
		t.Fatalf("watching over a disk: %v", err)
	}
	dismiss := func() {
		io.WriteString(stdin, "done\n") // if it has ended, so much the better
		watcher.Wait()
	}
	options := fmt.Sprintf("size=%d,mode=700", size)
	if err := syscall.Mount("loom-disk", dir, "tmpfs", syscall.MS_NOSUID|syscall.MS_NODEV, options); err != nil {
		dismiss()
		t.Skipf("a full disk needs a small one, which only root can mount: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Errorf("unmounting %s: %v", dir, err)
		}
		dismiss()
	})
}
