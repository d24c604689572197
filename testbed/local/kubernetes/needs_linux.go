package kubernetes

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// programPath is the PATH of the node's programs, and where they are looked for.
const programPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// packages are what Debian calls them.
const packages = "containerd runc containernetworking-plugins"

// pluginFolders are where CNI plugins are: Debian's and everybody else's.
var pluginFolders = []string{"/usr/lib/cni", "/opt/cni/bin"}

// needs says everything that a node needs and that is not here.
func needs() error {
	var errs []error
	if os.Geteuid() != 0 {
		errs = append(errs, fmt.Errorf("it needs root, for mounts, network namespaces and control groups, and this is user %d", os.Geteuid()))
	}
	if os.Geteuid() == 0 && !capable(unix.CAP_SYS_ADMIN, unix.CAP_NET_ADMIN) {
		errs = append(errs, errors.New("root may not mount or make networks here (CAP_SYS_ADMIN, CAP_NET_ADMIN); a container has to be privileged for that"))
	}
	var missing []string
	for _, name := range []string{"containerd", "ctr", "runc"} {
		if find(name) == "" {
			missing = append(missing, name)
		}
	}
	if pluginFolder() == "" {
		missing = append(missing, "the CNI plugins bridge, host-local and loopback")
	}
	if len(missing) > 0 {
		errs = append(errs, fmt.Errorf("%s: not found; apt-get install --no-install-recommends %s", strings.Join(missing, ", "), packages))
	}
	if err := groupsUsable(); err != nil {
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// capable reports whether this process has capabilities. It is believed to have
// them where that cannot be found out.
func capable(capabilities ...int) bool {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	if unix.Capget(&header, &data[0]) != nil {
		return true
	}
	for _, c := range capabilities {
		if data[c/32].Effective&(1<<(c%32)) == 0 {
			return false
		}
	}
	return true
}

// find looks in programPath: the PATH of the caller is not that of the node.
func find(name string) string {
	for _, dir := range filepath.SplitList(programPath) {
		path, err := exec.LookPath(filepath.Join(dir, name))
		if err == nil {
			return path
		}
	}
	return ""
}

// pluginFolder is the first folder that has all plugins.
func pluginFolder() string {
	for _, dir := range pluginFolders {
		all := true
		for _, name := range []string{"bridge", "host-local", "loopback"} {
			if _, err := exec.LookPath(filepath.Join(dir, name)); err != nil {
				all = false
			}
		}
		if all {
			return dir
		}
	}
	return ""
}
