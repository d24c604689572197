package diagnose

import (
	"fmt"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

var now = time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)

func podOf(t *testing.T, text string) *corev1.Pod {
	t.Helper()
	var p corev1.Pod
	if err := yaml.UnmarshalStrict([]byte(text), &p); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	p.Name, p.Namespace = "p", "ns"
	if p.CreationTimestamp.IsZero() {
		p.CreationTimestamp = metav1.NewTime(now.Add(-time.Hour))
	}
	return &p
}

func events(pairs ...string) (all []corev1.Event) {
	for i := 0; i < len(pairs); i += 2 {
		all = append(all, corev1.Event{Reason: pairs[i], Message: pairs[i+1], LastTimestamp: metav1.NewTime(now)})
	}
	return all
}

const spec = "spec: {nodeName: n1, restartPolicy: Always, containers: [{name: app, image: x, resources: {limits: {memory: 24Mi}}}]}\n"

func TestPod(t *testing.T) {
	for _, tc := range []struct {
		name, pod string
		events    []corev1.Event
		cause     Cause
		says      string // in detail and advice
	}{
		{"well", spec + "status: {phase: Running, containerStatuses: [{name: app, ready: true, state: {running: {}}}]}", nil, "", ""},
		{"done", spec + "status: {phase: Succeeded}", nil, "", ""},
		{"crash loop", spec + "status: {phase: Running, containerStatuses: [{name: app, restartCount: 3, state: {waiting: {reason: CrashLoopBackOff}}, lastState: {terminated: {exitCode: 3, reason: Error}}}]}", nil, CrashLoop, "exit code 3"},
		{"killed for memory", spec + "status: {phase: Running, containerStatuses: [{name: app, state: {waiting: {reason: CrashLoopBackOff}}, lastState: {terminated: {exitCode: 137, reason: OOMKilled}}}]}", nil, OOMKilled, "its limit of 24Mi"},
		{"killed, and the runtime does not say for what", spec + "status: {phase: Running, containerStatuses: [{name: app, state: {waiting: {reason: CrashLoopBackOff}}, lastState: {terminated: {exitCode: 137, reason: Error}}}]}", nil, OOMKilled, "most likely for more memory than its limit of 24Mi"},
		{"killed without a limit", "spec: {nodeName: n1, restartPolicy: Always, containers: [{name: app, image: x}]}\nstatus: {phase: Running, containerStatuses: [{name: app, state: {waiting: {reason: CrashLoopBackOff}}, lastState: {terminated: {exitCode: 137, reason: Error}}}]}", nil, CrashLoop, "SIGKILL"},
		{"stopped by the kubelet", spec + "status: {phase: Running, containerStatuses: [{name: app, state: {waiting: {reason: CrashLoopBackOff}}, lastState: {terminated: {exitCode: 137, reason: Error}}}]}", events("Killing", "Stopping container app"), CrashLoop, "SIGKILL"},
		{"killed by its probe", spec + "status: {phase: Running, containerStatuses: [{name: app, state: {waiting: {reason: CrashLoopBackOff}}, lastState: {terminated: {exitCode: 137, reason: Error}}}]}", events("Unhealthy", "Liveness probe failed: 500"), LivenessProbe, "500"},
		{"startup probe", spec + "status: {phase: Running, containerStatuses: [{name: app, started: false, state: {running: {startedAt: \"2026-11-28T11:59:50Z\"}}}]}", events("Unhealthy", "Startup probe failed: refused"), StartupProbe, "failureThreshold"},
		{"readiness probe", spec + "status: {phase: Running, containerStatuses: [{name: app, state: {running: {startedAt: \"2026-11-28T11:00:00Z\"}}}]}", events("Unhealthy", "Readiness probe failed: 503"), ReadinessProbe, "503"},
		{"not ready, and nobody says why", spec + "status: {phase: Running, containerStatuses: [{name: app, state: {running: {startedAt: \"2026-11-28T11:00:00Z\"}}}]}", nil, ReadinessProbe, "1h0m0s"},
		{"starts", spec + "status: {phase: Running, containerStatuses: [{name: app, state: {running: {startedAt: \"2026-11-28T11:59:50Z\"}}}]}", nil, Starting, ""},
		{"image", spec + "status: {phase: Pending, containerStatuses: [{name: app, image: x, state: {waiting: {reason: ImagePullBackOff, message: Back-off}}}]}", events("Failed", "Failed to pull image \"x\": manifest unknown"), ImagePull, "no such image or tag"},
		{"image of a private registry", spec + "status: {phase: Pending, containerStatuses: [{name: app, image: x, state: {waiting: {reason: ErrImagePull, message: \"failed to authorize: 401 Unauthorized\"}}}]}", nil, ImagePull, "imagePullSecrets"},
		{"image name", spec + "status: {phase: Pending, containerStatuses: [{name: app, image: X, state: {waiting: {reason: InvalidImageName}}}]}", nil, ImagePull, "not valid"},
		{"config", spec + "status: {phase: Pending, containerStatuses: [{name: app, state: {waiting: {reason: CreateContainerConfigError, message: \"couldn't find key a in ConfigMap ns/c\"}}}]}", nil, ConfigMissing, "find key a"},
		{"start", spec + "status: {phase: Running, containerStatuses: [{name: app, state: {waiting: {reason: RunContainerError, message: \"exec: no such file or directory\"}}}]}", nil, ContainerStart, "no such program"},
		{"init", "spec: {nodeName: n1, initContainers: [{name: i, image: x}], containers: [{name: app, image: x}]}\nstatus: {phase: Pending, initContainerStatuses: [{name: i, state: {waiting: {reason: CrashLoopBackOff}}, lastState: {terminated: {exitCode: 1}}}], containerStatuses: [{name: app, state: {waiting: {reason: PodInitializing}}}]}", nil, CrashLoop, "exit code 1"},
		{"init works", "spec: {nodeName: n1, initContainers: [{name: i, image: x}], containers: [{name: app, image: x}]}\nstatus: {phase: Pending, initContainerStatuses: [{name: i, state: {running: {startedAt: \"2026-11-28T11:59:50Z\"}}}], containerStatuses: [{name: app, state: {waiting: {reason: PodInitializing}}}]}", nil, Starting, ""},
		{"mount", spec + "status: {phase: Pending, containerStatuses: [{name: app, state: {waiting: {reason: ContainerCreating}}}]}", events("FailedMount", `MountVolume.SetUp failed for volume "s" : secret "tls" not found`), ConfigMissing, "tls"},
		{"volume", spec + "status: {phase: Pending, containerStatuses: [{name: app, state: {waiting: {reason: ContainerCreating}}}]}", events("FailedAttachVolume", "Multi-Attach error"), Mount, "Multi-Attach"},
		{"network", spec + "status: {phase: Pending, containerStatuses: [{name: app, state: {waiting: {reason: ContainerCreating}}}]}", events("FailedCreatePodSandBox", "cni failed"), Sandbox, "network plugin"},
		{"no cpu", "spec: {containers: [{name: app, image: x, resources: {requests: {cpu: 40}}}]}\nstatus: {phase: Pending, conditions: [{type: PodScheduled, status: \"False\", reason: Unschedulable, message: \"0/3 nodes are available: 3 Insufficient cpu.\"}]}", nil, Unschedulable, "cpu for its request of 40"},
		{"taint", "spec: {containers: [{name: app, image: x}]}\nstatus: {phase: Pending, conditions: [{type: PodScheduled, status: \"False\", reason: Unschedulable, message: \"0/1 nodes are available: 1 node(s) had untolerated taint {a: b}.\"}]}", nil, Unschedulable, "toleration"},
		{"claim", "spec: {containers: [{name: app, image: x}]}\nstatus: {phase: Pending, conditions: [{type: PodScheduled, status: \"False\", reason: Unschedulable, message: 'persistentvolumeclaim \"d\" not found'}]}", nil, Claim, "does not exist"},
		{"no scheduler", "spec: {schedulerName: mine, containers: [{name: app, image: x}]}\nstatus: {phase: Pending}", nil, Unschedulable, `"mine"`},
		{"evicted", spec + "status: {phase: Failed, reason: Evicted, message: The node was low on resource}", nil, Evicted, "low on resource"},
		{"failed", "spec: {nodeName: n1, restartPolicy: Never, containers: [{name: app, image: x}]}\nstatus: {phase: Failed, containerStatuses: [{name: app, state: {terminated: {exitCode: 4}}}]}", nil, Failed, "exit code 4"},
		{"lost", spec + "status: {phase: Unknown, reason: NodeLost}", nil, NodeLost, "n1"},
		{"terminating", "metadata: {deletionTimestamp: \"2026-11-28T11:00:00Z\", finalizers: [example.org/f]}\n" + spec, nil, Terminating, "example.org/f"},
		{"ends", "metadata: {deletionTimestamp: \"2026-11-28T11:59:59Z\"}\n" + spec, nil, "", ""},
		{"gate", "spec: {nodeName: n1, readinessGates: [{conditionType: example.org/g}], containers: [{name: app, image: x}]}\nstatus: {phase: Running, containerStatuses: [{name: app, ready: true, state: {running: {}}}]}", nil, ReadinessGate, "example.org/g"},
		{"restarted", spec + "status: {phase: Running, containerStatuses: [{name: app, ready: true, restartCount: 2, state: {running: {}}, lastState: {terminated: {exitCode: 1, finishedAt: \"2026-11-28T11:50:00Z\"}}}]}", nil, Restarts, "runs now"},
		{"restarted long ago", spec + "status: {phase: Running, containerStatuses: [{name: app, ready: true, restartCount: 2, state: {running: {}}, lastState: {terminated: {exitCode: 1, finishedAt: \"2026-11-27T11:50:00Z\"}}}]}", nil, "", ""},
		{"ends with success for ever", spec + "status: {phase: Running, containerStatuses: [{name: app, state: {terminated: {exitCode: 0}}}]}", nil, CrashLoop, "foreground"},
		{"null", spec + "status: {phase: Running, conditions: null, containerStatuses: null}", nil, "", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			found := Pod(podOf(t, tc.pod), tc.events, now)
			if tc.cause == "" {
				if len(found) != 0 {
					t.Errorf("found %+v", found)
				}
				return
			}
			if len(found) != 1 || found[0].Cause != tc.cause || !strings.Contains(found[0].Detail+"\n"+found[0].Advice, tc.says) {
				t.Errorf("found %+v, want %s with %q", found, tc.cause, tc.says)
			}
		})
	}
}

func TestGroup(t *testing.T) {
	var all []Finding
	for _, p := range []string{"ns/web-1", "ns/web-2", "ns/web-3"} {
		_, name, _ := strings.Cut(p, "/")
		all = append(all, Finding{Cause: ReadinessProbe, Container: "app", Detail: "probe of " + name + " failed", Pods: []string{p}})
	}
	all = append(all, Finding{Cause: OOMKilled, Detail: "x", Pods: []string{"ns/db-0"}})
	for i, p := range []string{"ns/a", "ns/b"} {
		code := int32(3 + i)
		all = append(all, Finding{Cause: CrashLoop, Container: "app", Exit: &code, Detail: fmt.Sprintf("ended with exit code %d", code), Pods: []string{p}})
	}
	groups := Group(all)
	if len(groups) != 4 || groups[0].Cause != OOMKilled || *groups[1].Exit != 3 || *groups[2].Exit != 4 || len(groups[3].Pods) != 3 {
		t.Errorf("groups are %+v", groups)
	}
}

func TestWorkload(t *testing.T) {
	for _, tc := range []struct {
		text  string
		cause Cause
		says  string
	}{
		{"kind: Deployment\nstatus: {conditions: [{type: Progressing, status: \"False\", reason: ProgressDeadlineExceeded, message: late}]}", Rollout, "late"},
		{"kind: Deployment\nspec: {paused: true}", Rollout, "paused"},
		{"kind: Deployment\nmetadata: {generation: 3}\nstatus: {observedGeneration: 2}", Rollout, "controller"},
		{"kind: ReplicaSet\nstatus: {conditions: [{type: ReplicaFailure, status: \"True\", message: 'exceeded quota: q'}]}", Quota, "raise the ResourceQuota"},
		{"kind: Job\nstatus: {conditions: [{type: Failed, status: \"True\", reason: BackoffLimitExceeded}]}", Failed, "BackoffLimitExceeded"},
		{"kind: PersistentVolumeClaim\nspec: {storageClassName: fast}\nstatus: {phase: Pending}", Claim, "fast"},
		{"kind: Node\nstatus: {conditions: [{type: Ready, status: Unknown, message: stopped}]}", NodeLost, "stopped"},
		{"kind: Node\nstatus: {conditions: [{type: DiskPressure, status: \"True\"}, {type: Ready, status: \"True\"}]}", Condition, "DiskPressure"},
		{"kind: Certificate\nstatus: {conditions: [{type: Ready, status: \"False\", reason: Issuing, message: waits}]}", Condition, "waits"},
		{"kind: Widget\nmetadata: {deletionTimestamp: \"2026-11-28T11:00:00Z\", finalizers: [f]}", Terminating, "finalizers f"},
		{"kind: Deployment\nstatus: {conditions: [{type: Available, status: \"False\"}]}", "", ""},
		{"kind: Widget\nstatus: {conditions: [null, {type: Ready, status: \"True\"}]}", "", ""},
		{"kind: CronJob\nspec: {suspend: true}", Condition, "suspended"},
	} {
		var o unstructured.Unstructured
		raw, err := yaml.YAMLToJSON([]byte("apiVersion: v1\n" + tc.text))
		if err != nil {
			t.Fatal(err)
		}
		if err := o.UnmarshalJSON(raw); err != nil {
			t.Fatal(err)
		}
		found := Workload(&o)
		switch {
		case tc.cause == "" && len(found) == 0:
		case len(found) != 1 || found[0].Cause != tc.cause || !strings.Contains(found[0].Detail+found[0].Advice, tc.says):
			t.Errorf("%s\nfound %+v, want %s", tc.text, found, tc.cause)
		}
	}
}
