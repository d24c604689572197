package app

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// TestOpenFiles: loomd may open as many files as the system lets it, although
// macOS begins with 256, and its servers get the limit that loomd was started
// with. Go's runtime sees to both; this notices when it does not any more.
func TestOpenFiles(t *testing.T) {
	const variable = "TEST_OPEN_FILES"
	if os.Getenv(variable) == "1" { // the loomd
		var files syscall.Rlimit
		syscall.Getrlimit(syscall.RLIMIT_NOFILE, &files)
		server, err := exec.Command("/bin/sh", "-c", "ulimit -S -n").Output()
		fmt.Printf("limits: %d %s %v\n", files.Cur, strings.TrimSpace(string(server)), err)
		return
	}
	cmd := exec.Command("/bin/sh", "-c", `ulimit -S -n 128 && exec "$0" -test.run=^TestOpenFiles$ -test.v`, os.Args[0])
	cmd.Env = append(os.Environ(), variable+"=1")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	_, line, _ := strings.Cut(string(out), "limits: ")
	loomd, rest, _ := strings.Cut(line, " ")
	if n, err := strconv.Atoi(loomd); err != nil || n <= 128 {
		t.Errorf("loomd may open %s files", loomd)
	}
	if !strings.HasPrefix(rest, "128 <nil>\n") {
		t.Errorf("a server may open %s", rest)
	}
	text, err := newMetrics().text()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"process_open_fds", "process_max_fds"} {
		if !strings.Contains(text, "\n"+name+" ") {
			t.Errorf("there is no metric %s", name)
		}
	}
}
