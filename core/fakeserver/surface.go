package fakeserver

// SurfaceTools are the tools that come with [Options.Surface], in the order of
// the list. Each is explained where it is made:
//
//   - who (who.go) says what the client told of itself
//   - touch, grow_prompts and grow_resources (listen.go) change something
//   - log (logging.go) and vendor (vendor.go) send notifications
//   - ask, ask_later and need_url (ask.go) want something of the client
//   - job (job.go) can be run as a task
//   - unlisten (listen.go) ends subscriptions
//   - slow_stdin, stop, flood and flood_stderr (chaos.go) misbehave
var SurfaceTools = []string{
	"who", "touch", "grow_prompts", "grow_resources", "log", "vendor", "ask", "ask_later", "need_url", "job",
	"unlisten", "slow_stdin", "stop", "flood", "flood_stderr",
}

// callSurface runs one of the SurfaceTools. It reports whether there is one of
// that name.
func (s *server) callSurface(r *request, name string, arguments []byte) bool {
	run, ok := map[string]func(*request, []byte){
		"who": s.who, "touch": s.touch, "grow_prompts": s.growPrompts, "grow_resources": s.growResources,
		"log": s.log, "vendor": s.vendor, "ask": s.ask, "ask_later": s.askLater, "need_url": s.needURL, "job": s.job,
		"unlisten": s.unlistenCall, "slow_stdin": s.slowStdin, "stop": s.stop, "flood": s.flood, "flood_stderr": s.floodStderr,
	}[name]
	if ok {
		run(r, arguments)
	}
	return ok
}

// handleSurface answers what comes with the surface. It reports whether the era
// has such a method.
func (s *server) handleSurface(r *request) bool {
	aside := func(run func(*request)) func(*request) { return func(r *request) { s.aside(r, run) } }
	methods := map[string]func(*request){
		"resources/list":           s.listResources,
		"resources/templates/list": s.listTemplates,
		"resources/read":           aside(s.readResource),
		"prompts/list":             s.listPrompts,
		"prompts/get":              aside(s.getPrompt),
		"completion/complete":      s.complete,
		"tasks/get":                s.getTask,
		"tasks/cancel":             s.cancelTask,
		"x/echo":                   s.vendorEcho,
	}
	if s.modern() {
		methods["subscriptions/listen"] = s.listen
		methods["tasks/update"] = s.updateTask
	} else {
		methods["resources/subscribe"] = s.subscribe
		methods["resources/unsubscribe"] = s.subscribe
		methods["logging/setLevel"] = s.setLevel
		methods["tasks/list"] = s.listTasks
		methods["tasks/result"] = aside(s.taskResult)
	}
	answer, ok := methods[r.method]
	if ok {
		answer(r)
	}
	return ok
}
