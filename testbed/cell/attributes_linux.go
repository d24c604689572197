package cell

import "syscall"

// attributes put a cell into namespaces of its own. It has a process group of its
// own in any case: ^C is for the test binary, which then lets go of the cell.
func attributes(isolated bool) *syscall.SysProcAttr {
	a := &syscall.SysProcAttr{Setpgid: true}
	if isolated {
		a.Cloneflags = syscall.CLONE_NEWPID | syscall.CLONE_NEWNS | syscall.CLONE_NEWNET | syscall.CLONE_NEWIPC | syscall.CLONE_NEWUTS
	}
	return a
}

// mortal are the attributes of a program: it ends with the thread that started
// it, which is the main thread of the cell.
func mortal() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
