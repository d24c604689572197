// Package setup is how the services are configured, which is the same for a process
// and in a container: what a test may expect must not depend on the provider.
package setup

import (
	_ "embed"
	"os"
	"strconv"
	"strings"
)

var (
	//go:embed prometheus.yml
	prometheus string
	//go:embed prometheus.rules.yml
	prometheusRules string
)

// PrometheusConfig is the name of the file in [Prometheus] that it is started with.
const PrometheusConfig = "prometheus.yml"

// Prometheus are the files, by name, of one that scrapes itself every second, at
// that address, and a target that is not there. They belong into one folder.
func Prometheus(address string) map[string]string {
	return map[string]string{
		PrometheusConfig:       strings.ReplaceAll(prometheus, "ADDRESS", strconv.Quote(address)),
		"prometheus.rules.yml": prometheusRules,
	}
}

// PrometheusFlags are what else it is told.
func PrometheusFlags(config, address, data string) []string {
	return []string{"--config.file=" + config, "--web.listen-address=" + address, "--storage.tsdb.path=" + data,
		"--web.enable-remote-write-receiver", "--log.level=warn"}
}

// Loki is the configuration of one in one process, on a disk, without tenants. It
// takes its addresses from the environment, see [LokiEnviron].
//
//go:embed loki.yaml
var Loki []byte

// LokiEnviron is the environment of a Loki that keeps its files in dir.
func LokiEnviron(dir, address, port, grpcPort string) []string {
	return []string{"LOKI_DIR=" + dir, "LOKI_ADDRESS=" + address, "LOKI_PORT=" + port, "LOKI_GRPC_PORT=" + grpcPort}
}

//go:embed gitea.ini
var gitea string

// Gitea is what differs between the configurations of one on SQLite. All fields
// are required.
type Gitea struct {
	User    string // of the system, who runs it
	Dir     string // of its files
	Static  string // of its templates
	Address string // at which it listens
	Port    string // of it, and of its URL on loopback
	Secret  string
}

// Config is its app.ini.
func (g Gitea) Config() string {
	values := map[string]string{
		"USER": g.User, "DIR": g.Dir, "STATIC": g.Static, "ADDRESS": g.Address, "PORT": g.Port, "SECRET": g.Secret, "$": "$",
	}
	return os.Expand(gitea, func(name string) string { return values[name] })
}

// The arguments of gitea that make its user, an administrator, and then a token
// for everything.
func GiteaUser(name, password string) []string {
	return []string{"admin", "user", "create", "--admin", "--username", name, "--password", password,
		"--email", "loom@example.test", "--must-change-password=false"}
}

func GiteaToken(name string) []string {
	return []string{"admin", "user", "generate-access-token", "--username", name, "--token-name", "testbed", "--scopes", "all", "--raw"}
}

// ReadGiteaToken finds the token in what the latter prints: it warns of root on its
// stdout, too.
func ReadGiteaToken(out string) string {
	lines := strings.Split(strings.TrimSpace(out), "\n")
	return strings.TrimSpace(lines[len(lines)-1])
}
