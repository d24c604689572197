package service

import (
	"fmt"
	"strings"
	"text/tabwriter"
	"time"
)

// table says what was run against what.
func (b *Bed) table(stand []*place) {
	var text strings.Builder
	w := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "SERVICE\tPROVIDER\tVERSION\tSTARTED IN\tTESTS\tSKIPPED")
	rows := 0
	for _, p := range stand {
		if !p.alone {
			p.row(w)
			rows++
		}
	}
	if rows == 0 {
		return
	}
	w.Flush()
	b.Say("\n" + strings.TrimRight(text.String(), "\n"))
}

func (p *place) row(w *tabwriter.Writer) {
	p.tally.Lock()
	defer p.tally.Unlock()
	started, version := "not", "-"
	if p.took > 0 {
		started, version = p.took.Round(10*time.Millisecond).String(), p.endpoint.Version
	}
	ran := fmt.Sprintf("%d ok", p.tests.passed)
	if p.tests.failed > 0 {
		ran = fmt.Sprintf("%d ok, %d FAILED", p.tests.passed, p.tests.failed)
	}
	fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%d\n", p.name, p.bed.provider.Name, version, started, ran, p.tests.skipped)
}
