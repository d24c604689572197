package fakeserver

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/loom-core/loom/core/jsonrpc"
)

// levels are those of RFC 5424, the least first. A server that was told none
// sends all.
var levels = []string{"debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"}

func (s *server) setLevel(r *request) {
	level := slices.Index(levels, r.text("level"))
	if level < 0 {
		s.fail(r, jsonrpc.CodeInvalidParams, "no level %s", r.param("level"))
		return
	}
	s.mu.Lock()
	s.level = level
	s.mu.Unlock()
	s.result(r, []byte(`{}`))
}

// logs reports whether a line of that level is wanted: in the legacy era by
// logging/setLevel, in the modern one by the request that leads to it.
func (s *server) logs(r *request, level string) bool {
	least := 0
	if s.modern() {
		least = slices.Index(levels, r.text("_meta", metaLogLevel))
		if least < 0 {
			return false
		}
	} else {
		s.mu.Lock()
		least = s.level
		s.mu.Unlock()
	}
	return slices.Index(levels, level) >= least
}

// log is the tool that sends n log lines {level, text, n, data}, as far as they
// are wanted. Raw data takes the place of the text.
func (s *server) log(r *request, arguments []byte) {
	args := struct {
		Level, Text string
		N           int
		Data        json.RawMessage
	}{Level: "info", N: 1}
	json.Unmarshal(arguments, &args) // what does not fit stays as it was
	sent := 0
	for i := range args.N {
		if !s.logs(r, args.Level) {
			break
		}
		data := string(args.Data)
		if data == "" {
			data = fmt.Sprintf(`{"text":%s,"line":%d,"n":9007199254740993}`, quote(args.Text), i)
		}
		s.notify("notifications/message", `{"level":`+quote(args.Level)+`,"logger":"fake","data":`+data+`,"x-log":1e400}`)
		sent++
	}
	s.result(r, textResult(fmt.Sprintf("logged %d", sent)))
}
