package e2e

import (
	"fmt"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/loom-core/loom/testbed"
)

// service is a real upstream that runs for a test. Start returns when it
// answers, and registers its end with t; Stop may be called before that, and
// more than once.
type service interface {
	Start(t testbed.T)
	URL() string
	Logs() string
	Stop()
}

// run is a line of the table at the end.
type run struct {
	service, provider, version string
	start                      time.Duration
	tests                      int
	failed                     bool
}

// printTable says what was run against what.
func printTable(runs []run) {
	t := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "\nSERVICE\tPROVIDER\tVERSION\tSTARTED IN\tTESTS")
	for _, r := range runs {
		tests := fmt.Sprintf("%d ok", r.tests)
		if r.failed {
			tests = "FAILED"
		}
		fmt.Fprintln(t, strings.Join([]string{r.service, r.provider, r.version, r.start.Round(10 * time.Millisecond).String(), tests}, "\t"))
	}
	t.Flush()
}
