package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/prometheus/common/model"
)

// selector writes the selector of a metric with those labels. Names that only
// UTF-8 allows go into quotes.
func selector(metric string, labels map[string]string) string {
	var matchers []string
	head := metric
	if !model.LegacyValidation.IsValidMetricName(metric) {
		head, matchers = "", append(matchers, fmt.Sprintf("%q", metric))
	}
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		matchers = append(matchers, fmt.Sprintf("%s=%q", quoteLabel(name), labels[name]))
	}
	if len(matchers) == 0 {
		return head
	}
	return head + "{" + strings.Join(matchers, ",") + "}"
}

// grouping is a by clause, empty without labels.
func grouping(labels ...string) string {
	if len(labels) == 0 {
		return ""
	}
	quoted := make([]string, len(labels))
	for i, name := range labels {
		quoted[i] = quoteLabel(name)
	}
	return " by (" + strings.Join(quoted, ", ") + ")"
}
