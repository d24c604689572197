package diagnose

import (
	"fmt"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// container says what is wrong with one of a pod.
func container(p *corev1.Pod, s corev1.ContainerStatus, init bool, events []corev1.Event, now time.Time) (Finding, bool) {
	f := Finding{Container: s.Name, Restarts: s.RestartCount}
	switch {
	case s.State.Waiting != nil:
		return waiting(p, f, s, events)
	case s.State.Terminated != nil:
		t := s.State.Terminated
		if t.ExitCode == 0 {
			if init || p.Spec.RestartPolicy != corev1.RestartPolicyAlways {
				return f, false
			}
			f.Cause, f.Detail, f.Logs = CrashLoop, "the program ended, with success; its pod wants it to go on", true
			f.Advice = "the command has to stay in the foreground, or this is work for a Job"
			return f, true
		}
		return ended(p, f, t, events), true
	case s.State.Running != nil && init && !sidecar(p, s.Name):
		return f, false // it works; the pod is not ready by design
	case s.State.Running != nil && !s.Ready:
		return notReady(f, s, events, now), true
	}
	if t := s.LastTerminationState.Terminated; t != nil && s.RestartCount > 0 && now.Sub(t.FinishedAt.Time) < recent && t.ExitCode != 0 {
		f = ended(p, f, t, events)
		f.Previous = true
		if f.Cause != OOMKilled {
			f.Detail = fmt.Sprintf("runs now; %s", f.Detail)
			f.Cause = Restarts
		}
		return f, true
	}
	return f, false
}

func sidecar(p *corev1.Pod, name string) bool {
	for _, c := range p.Spec.InitContainers {
		if c.Name == name {
			return c.RestartPolicy != nil && *c.RestartPolicy == corev1.ContainerRestartPolicyAlways
		}
	}
	return false
}

func waiting(p *corev1.Pod, f Finding, s corev1.ContainerStatus, events []corev1.Event) (Finding, bool) {
	w := s.State.Waiting
	f.Detail = strings.TrimSpace(w.Message)
	switch w.Reason {
	case "CrashLoopBackOff":
		if t := s.LastTerminationState.Terminated; t != nil {
			f = ended(p, f, t, events)
		} else {
			f.Cause = CrashLoop
		}
		f.Logs, f.Previous = true, true
	case "ErrImagePull", "ImagePullBackOff", "ErrImageNeverPull", "InvalidImageName", "ImageInspectError", "RegistryUnavailable":
		f.Cause = ImagePull
		// The event has the answer of the registry, the state often only that it waits.
		if text := find(events, []string{"Failed", "InspectFailed"}, "image"); text != "" && !strings.Contains(f.Detail, "failed to") {
			f.Detail = text
		}
		f.Detail = fmt.Sprintf("%s: %s", s.Image, strings.TrimPrefix(f.Detail, "Failed to pull image "+fmt.Sprintf("%q: ", s.Image)))
		f.Advice = imageAdvice(w.Reason, f.Detail)
	case "CreateContainerConfigError":
		f.Cause, f.Advice = ConfigMissing, "create what the message names, in the same namespace, or mend its name or key in env"
	case "CreateContainerError", "RunContainerError", "StartError", "ContainerCannotRun", "PreCreateHookError", "PreStartHookError", "PostStartHookError":
		f.Cause, f.Advice = ContainerStart, startAdvice(f.Detail)
		f.Detail = w.Reason + ": " + f.Detail
	default: // ContainerCreating, PodInitializing: the pod says more
		return f, false
	}
	return f, true
}

func imageAdvice(reason, text string) string {
	text = strings.ToLower(text)
	has := func(words ...string) bool {
		for _, w := range words {
			if strings.Contains(text, w) {
				return true
			}
		}
		return false
	}
	switch {
	case reason == "ErrImageNeverPull":
		return "imagePullPolicy is Never and the node does not have the image"
	case reason == "InvalidImageName":
		return "the name of the image is not valid"
	case has("unauthorized", "denied", "authentication required", "forbidden", "no basic auth"):
		return "the registry wants other credentials: check imagePullSecrets of the pod and of its ServiceAccount; a repository that does not exist looks the same"
	case has("not found", "manifest unknown", "does not exist", "name unknown"):
		return "the registry has no such image or tag: check the spelling, and whether it was pushed"
	case has("toomanyrequests", "rate limit"):
		return "the registry limits pulls: use credentials or a mirror"
	case has("no such host", "connection refused", "timeout", "timed out", "i/o", "no route", "unreachable", "eof"):
		return "the node cannot reach the registry: check its name, DNS, proxy and firewall"
	case has("x509", "certificate"):
		return "the node does not trust the certificate of the registry"
	case has("no match for platform", "exec format"):
		return "the image is not for the architecture of the node"
	}
	return "check the name of the image, and whether the node can reach the registry"
}

func startAdvice(text string) string {
	switch {
	case strings.Contains(text, "no such file or directory"), strings.Contains(text, "executable file not found"):
		return "the image has no such program: check command and args"
	case strings.Contains(text, "permission denied"):
		return "the program may not be run: its mode, runAsUser, or a read-only mount"
	case strings.Contains(text, "exec format error"):
		return "the image is not for the architecture of the node"
	}
	return "check command, args and securityContext"
}

const memoryAdvice = "raise resources.limits.memory, or find what uses it: get_usage target=containers"

// ended says why a container ended.
func ended(p *corev1.Pod, f Finding, t *corev1.ContainerStateTerminated, events []corev1.Event) Finding {
	code := t.ExitCode
	f.Exit, f.Since, f.Logs = &code, t.FinishedAt.Time, true
	f.Cause, f.Detail = CrashLoop, fmt.Sprintf("ended with exit code %d", code)
	if t.Reason != "" && t.Reason != "Error" && t.Reason != "Completed" {
		f.Detail += " (" + t.Reason + ")"
	}
	if t.Message != "" {
		f.Detail += ": " + strings.TrimSpace(t.Message)
	}
	liveness := find(events, []string{"Unhealthy"}, "Liveness probe failed")
	startup := find(events, []string{"Unhealthy"}, "Startup probe failed")
	switch {
	case t.Reason == "OOMKilled":
		f.Cause = OOMKilled
		f.Detail = "used more memory than its limit" + limitOf(p, f.Container)
		f.Advice = memoryAdvice
	case t.Reason == "StartError" || t.Reason == "ContainerCannotRun":
		f.Cause, f.Advice = ContainerStart, startAdvice(t.Message)
	case startup != "":
		f.Cause, f.Detail, f.Advice = StartupProbe, startup, "the container is ended because its startup probe fails: does it need longer (failureThreshold), or another port or path?"
	case liveness != "":
		f.Cause, f.Detail, f.Advice = LivenessProbe, liveness, "the container is ended because its liveness probe fails: check port, path, initialDelaySeconds and timeoutSeconds"
	case code == 137 && limitOf(p, f.Container) != "" && find(events, []string{"Killing"}) == "":
		// Until its #12714 containerd may tell of the end before it has heard of the reason.
		f.Cause = OOMKilled
		f.Detail = "was killed (SIGKILL, exit code 137), most likely for more memory than its limit" + limitOf(p, f.Container) + "; the runtime gives no reason"
		f.Advice = memoryAdvice
	case p.Spec.RestartPolicy == corev1.RestartPolicyNever:
		f.Cause, f.Advice = Failed, "its log says why"
	case code == 137:
		f.Advice = "it was killed (SIGKILL): by the node for memory, or by a probe; see events"
	case code == 143:
		f.Advice = "it was told to end (SIGTERM)"
	case code == 126 || code == 127:
		f.Advice = "a command was not found or may not be run: check command and args"
	default:
		f.Advice = "its log before the restart says why"
	}
	return f
}

func limitOf(p *corev1.Pod, name string) string {
	for _, c := range append(p.Spec.InitContainers[:len(p.Spec.InitContainers):len(p.Spec.InitContainers)], p.Spec.Containers...) {
		if limit, ok := c.Resources.Limits[corev1.ResourceMemory]; ok && c.Name == name {
			return " of " + limit.String()
		}
	}
	return ""
}

func notReady(f Finding, s corev1.ContainerStatus, events []corev1.Event, now time.Time) Finding {
	f.Since, f.Logs = s.State.Running.StartedAt.Time, true
	switch startup, readiness, liveness := find(events, []string{"Unhealthy"}, "Startup probe failed"), find(events, []string{"Unhealthy"}, "Readiness probe failed"), find(events, []string{"Unhealthy"}, "Liveness probe failed"); {
	case startup != "":
		f.Cause, f.Detail, f.Advice = StartupProbe, startup, "check port and path of the startup probe, or give it more time (failureThreshold)"
	case liveness != "":
		f.Cause, f.Detail, f.Advice = LivenessProbe, liveness, "check port, path, initialDelaySeconds and timeoutSeconds of the liveness probe"
	case readiness != "":
		f.Cause, f.Detail, f.Advice = ReadinessProbe, readiness, "the container runs and is not ready: check port and path of the probe, and what the program waits for"
	case now.Sub(f.Since) > 2*grace:
		f.Cause, f.Detail, f.Advice = ReadinessProbe, "runs, and is not ready for "+now.Sub(f.Since).Round(time.Second).String(), "its readiness probe has not succeeded; events of older failures may be gone"
	default:
		f.Cause, f.Detail = Starting, "runs since "+now.Sub(f.Since).Round(time.Second).String()+", not ready yet"
	}
	return f
}
