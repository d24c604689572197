package fakeserver

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/loom-core/loom/core/jsonrpc"
)

// state is what a request of several rounds has come to. It travels in the
// requestState, so that the server keeps nothing (2026-07-28, "Multi Round-Trip
// Requests").
type state struct {
	Tag   string   // whose it is: the state of one request does not fit another
	Shed  int      // retries without a question so far
	Round int      // that was asked last, 0 before the first
	Given []string // the inputResponses of the rounds before, raw
}

// stateMark begins each requestState with what a careless hub mangles.
const stateMark = "fake é𝄞<>&\"\\\u2028/ "

func (t state) quote() string {
	raw, _ := json.Marshal(t) // texts and numbers never fail
	return quote(stateMark + string(raw))
}

// readState reads back what quote wrote.
func readState(raw []byte) (t state, ok bool) {
	text, _ := jsonrpc.Text(raw)
	rest, ok := strings.CutPrefix(text, stateMark)
	return t, ok && json.Unmarshal([]byte(rest), &t) == nil
}

// nextRound answers with what is to be asked next, or gives back what was given
// in all rounds when they are over.
func (s *server) nextRound(r *request, q inquiry) (given []byte, ok bool) {
	now := state{Tag: q.Tag}
	if raw := r.param("requestState"); raw != nil {
		if now, ok = readState(raw); !ok || now.Tag != q.Tag {
			s.failWith(r, jsonrpc.CodeInvalidParams, `{"requestState":`+string(raw)+`}`, "that requestState is not of this request")
			return nil, false
		}
	}
	if now.Shed < q.Shed {
		now.Shed++
		s.inputRequired(r, "", now)
		return nil, false
	}
	if now.Round > 0 && s.allGiven(r, now.Round, q.Times) {
		now.Given = append(now.Given, string(r.param("inputResponses")))
		if now.Round == q.Rounds {
			return []byte(`{"inputResponses":[` + strings.Join(now.Given, ",") + `]}`), true
		}
		now.Round++
	}
	now.Round = max(now.Round, 1) // what is missing is asked again
	var requests []string
	for i := range q.Times {
		method, members := question(q.Kind, q.Tag, "")
		params := ""
		if members != nil {
			params = `,"params":{` + strings.Join(members, ",") + `}`
		}
		requests = append(requests, quote(inputKey(now.Round, i))+`:{"method":"`+method+`"`+params+`}`)
	}
	s.inputRequired(r, `"inputRequests":{`+strings.Join(requests, ",")+`},`, now)
	return nil, false
}

// inputKey is the key of a question, with characters that need care.
func inputKey(round, i int) string { return fmt.Sprintf("q%d.%d <é>", round, i) }

func (s *server) allGiven(r *request, round, times int) bool {
	for i := range times {
		if r.param("inputResponses", inputKey(round, i)) == nil {
			return false
		}
	}
	return true
}

func (s *server) inputRequired(r *request, requests string, now state) {
	s.result(r, []byte(`{"resultType":"input_required",`+requests+`"requestState":`+now.quote()+`,"x-input":1e400}`))
}
