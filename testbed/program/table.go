package program

import (
	"strings"
	"time"
)

// The programs of all services. Each is told its version by the linker: without
// it they say "development" or nothing that a client can parse.
var (
	// Prometheus has no service discovery but static and file, and no web pages:
	// the API is what is tested. Its module is called v0.315.0.
	Prometheus = Program{
		Name: "prometheus", Version: "3.15.0", Package: "github.com/prometheus/prometheus/cmd/prometheus",
		Tags:  "netgo,remove_all_sd",
		Flags: "-s -w -X github.com/prometheus/common/version.Version=3.15.0",
		Work:  4 * time.Minute,
	}
	Loki = Program{
		Name: "loki", Version: "3.7.8", Package: "github.com/grafana/loki/v3/cmd/loki",
		Tags:  "netgo",
		Flags: "-s -w -X github.com/grafana/loki/v3/pkg/util/build.Version=3.7.8",
		Work:  11 * time.Minute,
	}
	Gitea = Program{
		Name: "gitea", Version: "1.26.4", Package: "code.gitea.io/gitea",
		Tags:    "sqlite sqlite_unlock_notify",
		Flags:   "-s -w -X main.Version=1.26.4",
		C:       true, // sqlite
		Folders: []string{"templates", "options", "public"},
		Work:    8 * time.Minute,
	}
	// Kubernetes is all parts of a cluster in one program, and etcd. 1.35 is the
	// newest that was seen to work with control groups of version 1 and Debian's
	// containerd 1.6.
	Kubernetes = Program{
		Name: "kubernetes", Version: "v1.35.4", Package: "github.com/loom-core/loom/testbed/services/kubernetes",
		Flags: kubernetesFlags("v1.35.4"),
		Work:  13 * time.Minute,
	}
)

// All are the programs, for whoever builds them beforehand: the one that takes
// longest first.
var All = []Program{Kubernetes, Loki, Gitea, Prometheus}

func kubernetesFlags(version string) string {
	number := strings.Split(strings.TrimPrefix(version, "v"), ".")
	flags := "-s -w"
	for _, pair := range []string{
		"gitVersion=" + version, "gitMajor=" + number[0], "gitMinor=" + number[1], "gitTreeState=clean",
		"gitCommit=" + strings.Repeat("0", 40), "buildDate=1970-01-01T00:00:00Z",
	} {
		flags += " -X k8s.io/component-base/version." + pair
	}
	return flags
}
