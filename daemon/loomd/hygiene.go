package loomd

import "syscall"

// noCore keeps memory, which holds secrets, out of core files. Only the soft
// limit is lowered: servers inherit it, since their environment holds secrets too,
// and one that has to be looked into can raise it again (ulimit -c unlimited).
//
// PR_SET_DUMPABLE would also keep other processes of the user from reading
// loomd's memory, but these can start its servers themselves, and it would hide
// loomd from those who look for leaks, descriptors and processes left behind.
func noCore() error {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_CORE, &limit); err != nil {
		return err
	}
	limit.Cur = 0
	return syscall.Setrlimit(syscall.RLIMIT_CORE, &limit)
}
