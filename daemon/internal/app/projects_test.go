package app

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/loom-core/loom/core/jsonrpc"
	"github.com/loom-core/loom/core/localsock"
	"github.com/loom-core/loom/core/loomrpc"
	"github.com/loom-core/loom/core/mcp"
	"github.com/loom-core/loom/daemon/internal/child"
	"github.com/loom-core/loom/registry"
	"github.com/loom-core/loom/registry/trust"
)

// projectWorld is a loomd with the server fake, and the folders of projects.
type projectWorld struct {
	t    *testing.T
	app  *App
	opts Options
	loom *loomrpc.Client // in the home directory
}

func newProjectWorld(t *testing.T, policy ...string) *projectWorld {
	t.Helper()
	opts := options(t, one)
	if len(policy) > 0 {
		opts.Dirs.Machine, opts.Dirs.MachineOwner = t.TempDir(), os.Getuid()
		if err := os.Chmod(opts.Dirs.Machine, 0o755); err != nil {
			t.Fatal(err)
		}
		write(t, opts.Dirs.Policy(), policy[0])
	}
	opts.Timeouts = child.Timeouts{Close: 50 * time.Millisecond} // a call in flight holds a server
	a := runWith(t, opts)
	w := &projectWorld{t: t, app: a, opts: opts}
	w.loom = w.control(filepath.Dir(opts.RegistryFile))
	return w
}

func (w *projectWorld) control(dir string) *loomrpc.Client {
	w.t.Helper()
	c, err := connect(w.t, w.opts, loomrpc.Hello{Version: "v1", Control: true, Dir: dir})
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

// project makes a folder with that registry; FAKE in it is the server.
func (w *projectWorld) project(text string) (dir string) {
	w.t.Helper()
	dir, err := filepath.EvalSymlinks(w.t.TempDir())
	if err != nil {
		w.t.Fatal(err)
	}
	w.write(dir, text)
	return dir
}

func (w *projectWorld) write(dir, text string) {
	w.t.Helper()
	if err := os.MkdirAll(filepath.Join(dir, ".loom"), 0o700); err != nil {
		w.t.Fatal(err)
	}
	write(w.t, registry.ProjectFile(dir), text)
}

// trust does what loom trust does, as the file is now.
func (w *projectWorld) trust(dir string, granted registry.Granted) loomrpc.ProjectsReply {
	w.t.Helper()
	data, err := registry.ReadProject(dir)
	if err != nil {
		w.t.Fatal(err)
	}
	p, err := registry.ParseProject(dir, data)
	if err != nil {
		w.t.Fatal(err)
	}
	return w.agreed(func(s *trust.Store) {
		s.Trust(dir, trust.Entry{Hash: p.Hash, Secrets: granted.Secrets, Env: granted.Env})
	})
}

func (w *projectWorld) untrust(dir string) loomrpc.ProjectsReply {
	w.t.Helper()
	return w.agreed(func(s *trust.Store) { s.Untrust(dir) })
}

func (w *projectWorld) agreed(change func(*trust.Store)) (reply loomrpc.ProjectsReply) {
	w.t.Helper()
	s, err := trust.Load(trust.Path(w.opts.Dirs.State))
	if err != nil {
		w.t.Fatal(err)
	}
	change(s)
	if err := s.Save(); err != nil {
		w.t.Fatal(err)
	}
	if err := w.loom.Call(w.t.Context(), loomrpc.MethodProjects, struct{}{}, &reply); err != nil {
		w.t.Fatal(err)
	}
	return reply
}

func (w *projectWorld) status() (s loomrpc.Status) {
	w.t.Helper()
	if err := w.loom.Call(w.t.Context(), loomrpc.MethodStatus, nil, &s); err != nil {
		w.t.Fatal(err)
	}
	return s
}

// client is a session, initialized.
type sessionClient struct {
	t *testing.T
	*line
	n    int // ids that were used
	told int // list_changed that came, since they were last looked at
}

func (w *projectWorld) session(dir string) (c *sessionClient, instructions string) {
	w.t.Helper()
	conn, err := localsock.Dial(w.t.Context(), w.opts.Socket)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { conn.Close() })
	c = &sessionClient{t: w.t, line: &line{conn: conn, frames: jsonrpc.NewReader(conn, 0)}}
	hello, err := json.Marshal(loomrpc.Hello{Protocol: loomrpc.Protocol, Version: "v1", Dir: dir})
	if err != nil {
		w.t.Fatal(err)
	}
	c.send(w.t, `{"jsonrpc":"2.0","id":"hello","method":"loom/hello","params":`+string(hello)+`}`)
	if frame := c.answer(`"hello"`); strings.Contains(frame, `"error"`) {
		w.t.Fatalf("hello: %s", frame)
	}
	frame := c.mcp("initialize", `{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"test"}}`)
	var r struct{ Result struct{ Instructions string } }
	if err := json.Unmarshal([]byte(frame), &r); err != nil {
		w.t.Fatalf("initialize: %s", frame)
	}
	c.send(w.t, `{"jsonrpc":"2.0","method":"loom/mcp","params":{"jsonrpc":"2.0","method":"notifications/initialized"}}`)
	return c, r.Result.Instructions
}

func (c *sessionClient) mcp(method, params string) string {
	c.t.Helper()
	c.n++
	id := string(jsonrpc.ID(int64(c.n)))
	c.send(c.t, `{"jsonrpc":"2.0","method":"loom/mcp","params":{"jsonrpc":"2.0","id":`+id+`,"method":"`+method+`","params":`+params+`}}`)
	return c.answer(id)
}

// tool calls a tool by its exposed name, as a client does.
func (c *sessionClient) tool(name, arguments string) string {
	c.t.Helper()
	frame := c.mcp("tools/call", `{"name":"`+name+`","arguments":`+arguments+`}`)
	var r struct {
		Error  *jsonrpc.Error
		Result struct{ Content []struct{ Text string } }
	}
	if err := json.Unmarshal([]byte(frame), &r); err != nil {
		c.t.Fatalf("%s: %s", name, frame)
	}
	if r.Error != nil {
		return "error: " + r.Error.Message
	}
	return r.Result.Content[0].Text
}

// next is what loomd sends next.
func (c *sessionClient) next(waitFor string) (frame string, m jsonrpc.Message) {
	c.t.Helper()
	c.conn.SetReadDeadline(time.Now().Add(20 * time.Second))
	raw, err := c.frames.Next()
	if err == nil {
		m, err = jsonrpc.Scan(raw)
	}
	if err != nil {
		c.t.Fatalf("waiting for %s: %v", waitFor, err)
	}
	if method, _ := jsonrpc.Text(m.Method.Of(raw)); method == mcp.ToolsListChanged {
		c.told++
	}
	return string(raw), m
}

func (c *sessionClient) answer(id string) string {
	c.t.Helper()
	for {
		frame, m := c.next("the answer to " + id)
		if m.Kind() == jsonrpc.Response && string(m.ID.Of([]byte(frame))) == id {
			return frame
		}
	}
}

// lists waits until tools/list has a name that begins so, or has none any more.
func (c *sessionClient) lists(want bool, begin string) {
	c.t.Helper()
	for strings.Contains(c.mcp("tools/list", "{}"), `"name":"`+begin) != want {
		for told := c.told; c.told == told; {
			c.next("list_changed")
		}
	}
}

// changes is lists for what happens now: the client is told of it.
func (c *sessionClient) changes(want bool, begin string) {
	c.t.Helper()
	c.lists(want, begin)
	for c.told == 0 {
		c.next("list_changed")
	}
	c.told = 0
}

const db = "servers:\n  db: {command: FAKE, env: {WHICH: "

func TestTrustFlow(t *testing.T) {
	w := newProjectWorld(t)
	dir := w.project(db + "first}}\n")
	inside := filepath.Join(dir, "src")
	if err := os.Mkdir(inside, 0o700); err != nil {
		t.Fatal(err)
	}

	// nobody has trusted it: the user's own servers, and a word on what to do
	c, told := w.session(inside)
	if !strings.Contains(told, "loom trust "+dir) {
		t.Errorf("instructions: %s", told)
	}
	if got := c.tool("loom__status", "{}"); !strings.Contains(got, "loom trust "+dir) || strings.Contains(got, "db") {
		t.Errorf("loom__status: %s", got)
	}
	if got := c.tool("fake__pid", "{}"); strings.HasPrefix(got, "error") {
		t.Error(got)
	}
	if got := c.tool("db__pid", "{}"); !strings.HasPrefix(got, "error") {
		t.Errorf("what nobody trusts was called: %s", got)
	}
	if s := w.status(); len(s.Projects) != 1 || s.Projects[0].State != "not trusted" || len(s.Projects[0].Servers) != 0 || s.Projects[0].Sessions != 1 {
		t.Errorf("status: %+v", s.Projects)
	}
	other, _ := w.session(filepath.Dir(dir))

	// trusted: the running session is told, and calls it in the project's folder
	if reply := w.trust(dir, registry.Granted{}); len(reply.Projects) != 1 || reply.Projects[0].State != "trusted" {
		t.Errorf("after trust: %+v", reply)
	}
	c.changes(true, "db__")
	if got := c.tool("db__cwd", "{}"); got != dir {
		t.Errorf("it runs in %s", got)
	}
	if got := c.tool("db__env", `{"name":"WHICH"}`); got != "first true" {
		t.Errorf("it is %s", got)
	}
	if got := c.tool("loom__status", "{}"); !strings.Contains(got, "\ndb: ") {
		t.Errorf("loom__status: %s", got)
	}
	if again, told := w.session(dir); strings.Contains(told, "loom trust") || again.tool("db__pid", "{}") != c.tool("db__pid", "{}") {
		t.Errorf("a second session of the project has another process, or is told %s", told)
	}

	// nobody elsewhere sees it or can call it, by whatever name
	if got := other.mcp("tools/list", "{}"); strings.Contains(got, "db__") {
		t.Error("another folder lists it")
	}
	id := registry.Server{Name: "db", Project: dir}.ID()
	for _, name := range []string{"db", id} {
		other.send(t, call("99", name, "pid", `{"name":"pid","arguments":{}}`))
		if frame := other.answer("99"); !strings.Contains(frame, `"error"`) {
			t.Errorf("another folder calls %s: %s", name, frame)
		}
	}
	if got := other.tool("loom__status", "{}"); strings.Contains(got, "db") {
		t.Errorf("another folder hears of it: %s", got)
	}

	// it changed: a session that begins, or a reload, notices, and it is asked about again
	w.write(dir, db+"second}}\n")
	if _, told := w.session(dir); !strings.Contains(told, "changed since it was trusted") {
		t.Errorf("instructions: %s", told)
	}
	c.changes(false, "db__")
	if got := c.tool("db__pid", "{}"); !strings.HasPrefix(got, "error") {
		t.Errorf("what changed was called: %s", got)
	}
	w.trust(dir, registry.Granted{})
	c.changes(true, "db__")
	if got := c.tool("db__env", `{"name":"WHICH"}`); got != "second true" {
		t.Errorf("it is %s", got)
	}
	w.write(dir, db+"third}}\n")
	var reloaded loomrpc.ReloadReply
	if err := w.loom.Call(t.Context(), loomrpc.MethodReload, nil, &reloaded); err != nil || !slices.ContainsFunc(reloaded.Warnings, func(s string) bool { return strings.Contains(s, "changed since") }) {
		t.Errorf("reload: %+v, %v", reloaded, err)
	}
	c.changes(false, "db__")

	// trust is taken back in the middle of a call
	w.trust(dir, registry.Granted{})
	c.changes(true, "db__")
	c.tool("db__pid", "{}")
	c.send(t, call("77", "db", "sleep", `{"name":"sleep","arguments":{"ms":60000}}`))
	for busy := false; !busy; {
		for _, p := range w.status().Projects {
			for _, s := range p.Servers {
				busy = busy || slices.ContainsFunc(s.Instances, func(i loomrpc.Instance) bool { return i.InFlight > 0 })
			}
		}
	}
	w.untrust(dir)
	if frame := c.answer("77"); !strings.Contains(frame, `"error"`) {
		t.Errorf("the call in flight: %s", frame)
	}
	c.changes(false, "db__")
	if got := c.tool("db__pid", "{}"); !strings.HasPrefix(got, "error") {
		t.Errorf("what nobody trusts any more was called: %s", got)
	}
	for left := true; left; {
		left = len(w.app.pool.Instances(id)) > 0
	}
}

// A file that is gone is noticed as one that changed is.
func TestProjectFileGone(t *testing.T) {
	for name, gone := range map[string]func(file string) error{
		"removed":       os.Remove,
		"its folder":    func(file string) error { return os.RemoveAll(filepath.Dir(file)) },
		"a broken link": func(file string) error { return errors.Join(os.Remove(file), os.Symlink("none", file)) },
	} {
		t.Run(name, func(t *testing.T) {
			w := newProjectWorld(t)
			dir := w.project(db + "x}}\n")
			w.trust(dir, registry.Granted{})
			c, _ := w.session(dir)
			c.lists(true, "db__")
			c.told = 0
			if err := gone(registry.ProjectFile(dir)); err != nil {
				t.Fatal(err)
			}
			if _, told := w.session(dir); strings.Contains(told, "loom trust") {
				t.Errorf("instructions: %s", told)
			}
			c.changes(false, "db__")
			if s := w.status(); len(s.Projects) != 0 {
				t.Errorf("status: %+v", s.Projects)
			}
			w.write(dir, db+"x}}\n") // as it was, so it is trusted
			if again, _ := w.session(dir); strings.HasPrefix(again.tool("db__pid", "{}"), "error") {
				t.Error("what is there again is not used")
			}
			c.changes(true, "db__")
		})
	}
}

// Two projects with a server of one name have nothing of each other, and a
// person can name each.
func TestTwoProjects(t *testing.T) {
	w := newProjectWorld(t)
	a, b := w.project(db+"a}}\n"), w.project(db+"b}, args: [--extra, '1']}\n")
	w.trust(a, registry.Granted{})
	w.trust(b, registry.Granted{})
	inA, _ := w.session(a)
	inB, _ := w.session(b)
	for c, want := range map[*sessionClient]string{inA: "a true", inB: "b true"} {
		if got := c.tool("db__env", `{"name":"WHICH"}`); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	inA.lists(true, "db__pid")
	inB.lists(true, "db__extra-0")
	if strings.Contains(inA.mcp("tools/list", "{}"), "db__extra-0") {
		t.Error("the definitions are mixed up")
	}
	inA.tool("db__noise", "{}")

	// by its name where one is, by its id everywhere, and never by guessing
	ids := map[string]string{a: registry.Server{Name: "db", Project: a}.ID(), b: registry.Server{Name: "db", Project: b}.ID()}
	logs := func(c *loomrpc.Client, name string) (loomrpc.LogsReply, error) {
		var reply loomrpc.LogsReply
		err := c.Call(t.Context(), loomrpc.MethodLogs, loomrpc.LogsQuery{Server: name}, &reply)
		return reply, err
	}
	var e *jsonrpc.Error
	if _, err := logs(w.loom, "db"); !errors.As(err, &e) || !strings.Contains(e.Message, ids[a]) || !strings.Contains(e.Message, ids[b]) {
		t.Errorf("two have that name: %v", err)
	}
	loomA, loomB := w.control(a), w.control(b)
	for name, tc := range map[string]struct {
		loom  *loomrpc.Client
		name  string
		lines bool
	}{
		"its own": {loomA, "db", true}, "by its id": {w.loom, ids[a], true}, "from another project": {loomB, ids[a], true},
		"the other": {loomB, "db", false}, "the other by its id": {loomA, ids[b], false},
	} {
		if reply, err := logs(tc.loom, tc.name); err != nil || len(reply.Lines) > 0 != tc.lines {
			t.Errorf("%s: %+v, %v", name, reply, err)
		}
	}
	pidB := inB.tool("db__pid", "{}")
	var restarted loomrpc.RestartReply
	if err := loomA.Call(t.Context(), loomrpc.MethodRestart, loomrpc.RestartQuery{Server: "db"}, &restarted); err != nil || restarted.Stopped != 1 {
		t.Errorf("restart: %+v, %v", restarted, err)
	}
	if got := inB.tool("db__pid", "{}"); got != pidB {
		t.Error("the other project's process was restarted")
	}

	// what is counted and recorded says whose it was
	var metrics loomrpc.MetricsReply
	if err := w.loom.Call(t.Context(), loomrpc.MethodMetrics, nil, &metrics); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`server="` + ids[a] + `",tool="noise"`, `server="` + ids[b] + `",tool="pid"`} {
		if !strings.Contains(metrics.Text, want) {
			t.Errorf("the metrics lack %s", want)
		}
	}
	if strings.Contains(metrics.Text, `server="db"`) || strings.Contains(metrics.Text, `server="`+ids[b]+`",tool="noise"`) {
		t.Error("the metrics mix them up")
	}
	var audit loomrpc.AuditReply
	for audit.Matched < 2 { // records are written behind
		if err := loomB.Call(t.Context(), loomrpc.MethodAudit, loomrpc.AuditQuery{Tool: "db__pid"}, &audit); err != nil || t.Context().Err() != nil {
			t.Fatal(err)
		}
	}
	for _, r := range audit.Records {
		if r.Server != ids[b] {
			t.Errorf("audit has a call of %s", r.Server)
		}
	}
	var tools loomrpc.ToolsReply
	if err := loomB.Call(t.Context(), loomrpc.MethodTools, loomrpc.ToolsQuery{Name: "db__pid"}, &tools); err != nil || len(tools.Tools) != 1 || tools.Tools[0].Calls != 2 {
		t.Errorf("tools in the project: %+v, %v", tools.Tools, err)
	}
	if err := w.loom.Call(t.Context(), loomrpc.MethodTools, loomrpc.ToolsQuery{Name: "db__pid"}, &tools); err == nil {
		t.Error("loom tools elsewhere knows it")
	}

	// the one is untrusted, and the other does not notice
	w.untrust(a)
	if got := inB.tool("db__pid", "{}"); got != pidB {
		t.Error("the other project's process was ended")
	}
	if got := inA.tool("db__pid", "{}"); !strings.HasPrefix(got, "error") {
		t.Errorf("called: %s", got)
	}
}

// A result that was cut is read by those who may call the tool: one of the same
// name in another project is another tool.
func TestResultsStayInTheirProject(t *testing.T) {
	w := newProjectWorld(t)
	a, b := w.project(db+"a}, max_result_bytes: 1KiB}\n"), w.project(db+"b}}\n")
	w.trust(a, registry.Granted{})
	w.trust(b, registry.Granted{})
	inA, _ := w.session(a)
	inB, _ := w.session(b)
	inB.tool("db__pid", "{}")
	cut := inA.tool("db__big", `{"bytes":5000}`)
	id := regexp.MustCompile(`loom://results/([a-z0-9]+)|id:? *"?([a-z2-7]{20,})`).FindString(cut)
	id = id[strings.LastIndexAny(id, `/ "`)+1:]
	read := `{"id":"` + id + `","offset":0}`
	if got := inA.tool("loom__read_result", read); strings.Contains(got, "not for this session") || id == "" {
		t.Errorf("its own: %.200s (%.300s)", got, cut)
	}
	if got := inB.tool("loom__read_result", read); !strings.Contains(got, "not for this session") {
		t.Errorf("another project's: %.200s", got)
	}
}

// What was granted is had, and nothing else; a mistake in the user's registry is
// no reason to go on trusting.
func TestGrantsAndMistakes(t *testing.T) {
	t.Setenv("LOOM_SECRET_PG", "canary-secret")
	t.Setenv("USERS_OWN", "value")
	w := newProjectWorld(t)
	dir := w.project("servers:\n  db: {command: FAKE, env: {P: \"${secret:pg}\", U: \"${env:USERS_OWN:-none}\"}}\n")
	c, _ := w.session(dir)
	w.trust(dir, registry.Granted{})
	got := c.tool("db__pid", "{}")
	if !strings.Contains(got, "secret pg was not granted to the project "+dir) || !strings.Contains(got, "hint: loom trust "+dir) || strings.Contains(got, "canary") {
		t.Errorf("got %s", got)
	}
	w.trust(dir, registry.Granted{Secrets: []string{"pg"}})
	c.changes(true, "db__")
	if got := c.tool("db__env", `{"name":"P"}`); got != "canary-secret true" {
		t.Errorf("got %s", got)
	}
	if got := c.tool("db__env", `{"name":"U"}`); got != "none true" {
		t.Errorf("a variable that was not granted: %s", got)
	}
	write(t, w.opts.RegistryFile, "servers: [")
	w.untrust(dir)
	if got := c.tool("db__pid", "{}"); !strings.HasPrefix(got, "error") {
		t.Errorf("called: %s", got)
	}
	// a server of the user's own that takes the name ends the project's use of it
	w.trust(dir, registry.Granted{Secrets: []string{"pg"}})
	c.tool("db__pid", "{}")
	write(t, w.opts.RegistryFile, one+"  db: {command: FAKE, env: {P: users}}\n")
	if err := w.loom.Call(t.Context(), loomrpc.MethodReload, nil, nil); err != nil {
		t.Fatal(err)
	}
	if got := c.tool("db__env", `{"name":"P"}`); got != "users true" {
		t.Errorf("the user's own: %s", got)
	}
	if s := w.status(); len(s.Projects) != 1 || s.Projects[0].State != "wrong" || !strings.Contains(s.Projects[0].Note, `"db" is there already`) {
		t.Errorf("status: %+v", s.Projects)
	}
}

// The machine's policy holds for projects, too, and the project can take away
// more; the user's own servers stay.
func TestPolicyHoldsForProjects(t *testing.T) {
	for name, tc := range map[string]struct {
		policy, project  string
		state            string
		there, forbidden []string
	}{
		"no projects":       {"projects: deny\n", db + "x}}\n", "wrong", []string{"fake__pid"}, []string{"db__pid"}},
		"servers":           {"servers: [fake]\n", db + "x}}\n", "trusted", []string{"fake__pid"}, []string{"db__pid"}},
		"tools":             {"deny: [db__pid]\n", db + "x}}\n", "trusted", []string{"fake__pid", "db__cwd"}, []string{"db__pid"}},
		"commands":          {"commands: [/usr/bin/none]\n", db + "x}}\n", "trusted", nil, []string{"db__pid", "fake__pid"}},
		"the project's own": {"deny: [db__pid]\n", db + "x}}\ndeny: [fake__cwd]\n", "trusted", []string{"fake__pid", "db__cwd"}, []string{"db__pid", "fake__cwd"}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newProjectWorld(t, tc.policy)
			dir := w.project(tc.project)
			if reply := w.trust(dir, registry.Granted{}); len(reply.Projects) > 0 {
				t.Errorf("nobody is there: %+v", reply)
			}
			c, _ := w.session(dir)
			if s := w.status(); len(s.Projects) != 1 || s.Projects[0].State != tc.state {
				t.Errorf("status: %+v", s.Projects)
			}
			for _, tool := range tc.there {
				if got := c.tool(tool, "{}"); strings.HasPrefix(got, "error") {
					t.Errorf("%s: %s", tool, got)
				}
			}
			for _, tool := range tc.forbidden {
				if got := c.tool(tool, "{}"); !strings.HasPrefix(got, "error") {
					t.Errorf("%s: %s", tool, got)
				}
			}
		})
	}
}

// Whatever lies in the place of a project's file, a session begins, with the
// user's own servers, and is told.
func TestHostileProjectFiles(t *testing.T) {
	w := newProjectWorld(t)
	outside := filepath.Join(t.TempDir(), "registry.yaml")
	write(t, outside, db+"outside}}\n")
	for name, tc := range map[string]struct {
		make func(file string) error
		note string
	}{
		"a pipe":          {func(file string) error { return syscall.Mkfifo(file, 0o600) }, "no regular file"},
		"a folder":        {func(file string) error { return os.Mkdir(file, 0o700) }, "no regular file"},
		"a link out":      {func(file string) error { return os.Symlink(outside, file) }, "escapes"},
		"a loop":          {func(file string) error { return os.Symlink("registry.yaml", file) }, "too many"},
		"a link to none":  {func(file string) error { return os.Symlink("none", file) }, ""},
		"a large file":    {func(file string) error { return os.WriteFile(file, make([]byte, 2<<20), 0o600) }, "is over"},
		"no YAML":         {func(file string) error { return os.WriteFile(file, []byte{0, '[', 0xff}, 0o600) }, "is not trusted"},
		"one not to read": {func(file string) error { return os.WriteFile(file, []byte("version: 1\n"), 0) }, ""}, // root reads it
	} {
		t.Run(name, func(t *testing.T) {
			here := *w
			here.t = t
			dir := here.project("")
			if err := os.Remove(registry.ProjectFile(dir)); err != nil {
				t.Fatal(err)
			}
			if err := tc.make(registry.ProjectFile(dir)); err != nil {
				t.Fatal(err)
			}
			c, told := here.session(dir)
			if !strings.Contains(told, tc.note) {
				t.Errorf("instructions: %s", told)
			}
			if got := c.tool("fake__pid", "{}"); strings.HasPrefix(got, "error") {
				t.Error(got)
			}
		})
	}
}

// Of the client's shell a project gets the variables that the user was shown.
func TestClientEnvOfAProject(t *testing.T) {
	w := newProjectWorld(t)
	dir := w.project("servers:\n  db: {command: FAKE, client_env: [KUBECONFIG, AWS_SECRET_ACCESS_KEY]}\n")
	w.trust(dir, registry.Granted{Env: []string{"KUBECONFIG"}})
	conn, err := localsock.Dial(t.Context(), w.opts.Socket)
	if err != nil {
		t.Fatal(err)
	}
	c := loomrpc.NewClient(conn)
	t.Cleanup(func() { c.Close() })
	reply, err := c.Hello(t.Context(), loomrpc.Hello{Version: "v1", Dir: dir})
	if err != nil || !slices.Equal(reply.ClientEnv, []string{"KUBECONFIG"}) {
		t.Errorf("loomd asks for %v, %v", reply.ClientEnv, err)
	}
}
