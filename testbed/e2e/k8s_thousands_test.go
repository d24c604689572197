package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/loom-core/loom/testbed"
)

// thousands are as many pods as a large cluster has in one namespace.
const thousands = 10_000

// maxServer is how much of memory mcp-k8s may take at most, with all of its
// program, while it looks through them.
const maxServer = 160 << 10 // KB

// TestK8sThousands pages through ten thousand pods. They wait for a scheduler
// that there is not, so that no node has to run them, and nobody takes them away.
func TestK8sThousands(t *testing.T) {
	l := newLab(t, nil)
	ns := l.namespace("k8s-thousands")
	began := time.Now()
	l.pods(ns)
	t.Logf("%d pods were made in %s", thousands, time.Since(began).Round(time.Second))

	l.text("list_resources", `{"kind":"cm","namespace":%q}`, ns) // the process is there
	before := l.peak()
	seen := make(map[string]int)
	next, slowest := "", time.Duration(0)
	for calls := 1; ; calls++ {
		var answer struct {
			Items      []struct{ Name string }
			Pagination struct {
				HasMore  bool            `json:"has_more"`
				NextArgs json.RawMessage `json:"next_args"`
			}
		}
		asked := time.Now()
		structured(t, l.Client, "k8s__list_resources", fmt.Sprintf(`{"kind":"pods","namespace":%q,"per_page":500,"max_bytes":98304%s}`, ns, next), &answer)
		slowest = max(slowest, time.Since(asked))
		for _, item := range answer.Items {
			seen[item.Name]++
		}
		if !answer.Pagination.HasMore {
			t.Logf("%d pages, the slowest in %s", calls, slowest.Round(time.Millisecond))
			break
		}
		if calls > 100 {
			t.Fatal("the pages have no end")
		}
		next = "," + strings.Trim(string(answer.Pagination.NextArgs), "{}")
	}
	for name, n := range seen {
		if n != 1 {
			t.Errorf("%s is listed %d times", name, n)
		}
	}
	if len(seen) != thousands {
		t.Errorf("%d are listed, want %d", len(seen), thousands)
	}

	// What has to look at all of them.
	for _, test := range []struct{ tool, args, want string }{
		{"list_resources", `"kind":"pods","output":"count"`, fmt.Sprintf("total: %d", thousands)},
		{"list_resources", `"kind":"pods","name":"pod-0777*"`, "pod-07770\t"},
		{"list_resources", `"kind":"pods","label_selector":"n=9","per_page":500`, "pod-00009\t"},
		{"search_resources", `"name":"pod-04242","kinds":["pods"]`, "pod-04242\t"},
		{"diagnose_workload", ``, "Unschedul"},
	} {
		args := test.args
		if args != "" {
			args = "," + args
		}
		var took time.Duration
		var text string
		testbed.Eventually(t, test.tool+" has all", func() bool { // a pod without a scheduler is no trouble while it is new
			asked := time.Now()
			text = l.text(test.tool, `{"namespace":%q%s}`, ns, args)
			took = time.Since(asked)
			return strings.Contains(text, test.want) || test.tool != "diagnose_workload"
		})
		if !strings.Contains(text, test.want) {
			t.Errorf("%s %s has no %q: %.1000s", test.tool, test.args, test.want, text)
		}
		t.Logf("%s %s took %s", test.tool, test.args, took.Round(time.Millisecond))
	}
	if kb := l.peak(); kb > maxServer {
		t.Errorf("mcp-k8s took %d MB, at most %d are allowed", kb>>10, maxServer>>10)
	} else {
		t.Logf("mcp-k8s took %d MB at most, %d before the first page", kb>>10, before>>10)
	}
}

// pods makes them, and takes them away with the test.
func (l *lab) pods(namespace string) {
	l.t.Helper()
	pods := l.admin.CoreV1().Pods(namespace)
	none := int64(0)
	l.t.Cleanup(func() {
		ctx := context.Background()
		for { // in parts, for which the client has the patience
			left, err := pods.List(ctx, metav1.ListOptions{Limit: 1})
			if err == nil && len(left.Items) == 0 {
				return
			}
			if err == nil {
				err = pods.DeleteCollection(ctx, metav1.DeleteOptions{GracePeriodSeconds: &none}, metav1.ListOptions{Limit: 1000})
			}
			if err != nil {
				l.t.Errorf("deleting the pods: %v", err)
				return
			}
		}
	})
	no := false
	numbers, failed := make(chan int), make(chan error, 1)
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			for n := range numbers {
				_, err := pods.Create(l.t.Context(), &corev1.Pod{
					ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("pod-%05d", n), Labels: map[string]string{"n": fmt.Sprint(n % 100)}},
					Spec: corev1.PodSpec{
						SchedulerName: "loom-none", AutomountServiceAccountToken: &no, TerminationGracePeriodSeconds: &none,
						Containers: []corev1.Container{{Name: "app", Image: "loom.test/nosuch:1", Env: []corev1.EnvVar{{Name: "MODE", Value: strings.Repeat("x", 500)}}}},
					},
				}, metav1.CreateOptions{})
				if err != nil {
					select {
					case failed <- err:
					default:
					}
				}
			}
		})
	}
	for n := range thousands {
		numbers <- n
	}
	close(numbers)
	wg.Wait()
	select {
	case err := <-failed:
		l.t.Fatal(err)
	default:
	}
}

// peak is the largest resident size of mcp-k8s so far in KB, 0 where nobody says.
func (l *lab) peak() (kb int) {
	l.t.Helper()
	for _, i := range l.world.Server("k8s").Instances {
		raw, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", i.PID))
		if _, rest, ok := strings.Cut(string(raw), "VmHWM:"); ok {
			fmt.Sscan(rest, &kb)
		}
	}
	return kb
}
