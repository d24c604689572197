package fakeserver

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/loom-core/loom/core/jsonrpc"
)

// inquiry says what is wanted of the client. Each round has so many questions,
// which in the modern era go out together.
type inquiry struct {
	Kind          string // elicitation, elicitation_url, sampling, roots, ping or custom
	Tag           string // is in each question, so that it can be told whose it is
	Times, Rounds int    // at least 1
	Parallel      bool   // legacy: the questions of a round go out together
	Progress      bool   // legacy: the questions have a progress token
	CancelAfterMS int    `json:"cancel_after_ms"` // legacy: what is unanswered by then is taken back; 0 is never
	Shed          int    // modern: so many retries without a question come first
}

// inquire asks the client, in the way of the era. given is a JSON object:
//
//	{"answers":[{"result":…},{"error":…},{"cancelled":true}]}   legacy
//	{"inputResponses":[{"q1.0 <é>":…},…]}                       modern, one per round
//
// ok is false when the request has its answer already, or needs none.
func (s *server) inquire(r *request, q inquiry) (given []byte, ok bool) {
	if method, _ := question(q.Kind, "", ""); method == "" {
		s.fail(r, jsonrpc.CodeInvalidParams, "no kind of question %s", q.Kind)
		return nil, false
	}
	q.Times, q.Rounds = max(q.Times, 1), max(q.Rounds, 1)
	if s.modern() {
		return s.nextRound(r, q)
	}
	var answers []string
	for range q.Rounds {
		for first := 0; first < q.Times; {
			n := 1
			if q.Parallel {
				n = q.Times
			}
			some, ok := s.askAtOnce(r.ctx, q, n)
			if !ok {
				return nil, false
			}
			answers = append(answers, some...)
			first += n
		}
	}
	return []byte(`{"answers":[` + strings.Join(answers, ",") + `]}`), true
}

// askAtOnce sends n questions and waits for the answers. ok is false when ctx
// has ended.
func (s *server) askAtOnce(ctx context.Context, q inquiry, n int) (answers []string, ok bool) {
	waits, cancel := ctx, context.CancelFunc(func() {})
	if q.CancelAfterMS > 0 {
		waits, cancel = context.WithTimeout(ctx, time.Duration(q.CancelAfterMS)*time.Millisecond)
	}
	defer cancel()
	var all []posed
	for range n {
		all = append(all, s.pose(q.Kind, q.Tag, q.Progress, ""))
	}
	for _, p := range all {
		answer, ok := s.await(waits, p)
		if !ok {
			answer = `{"cancelled":true}`
		}
		answers = append(answers, answer)
	}
	return answers, ctx.Err() == nil
}

// ask is the tool that asks and gives back the answers, raw. Its arguments are
// an inquiry.
func (s *server) ask(r *request, arguments []byte) {
	var q inquiry
	json.Unmarshal(arguments, &q) // what does not fit stays zero
	if given, ok := s.inquire(r, q); ok {
		s.result(r, []byte(`{"content":[{"type":"text","text":`+quote("asked for "+q.Tag)+`}],"structuredContent":`+string(given)+`}`))
	}
}

// askLater is the tool that answers at once and asks later {ms, kind, tag}, when
// no call is open. It does so in the modern era too, which forbids it.
func (s *server) askLater(r *request, arguments []byte) {
	var args struct {
		MS        int
		Kind, Tag string
	}
	json.Unmarshal(arguments, &args) // what does not fit stays zero
	if method, _ := question(args.Kind, "", ""); method == "" {
		s.fail(r, jsonrpc.CodeInvalidParams, "no kind of question %s", args.Kind)
		return
	}
	s.result(r, textResult("later"))
	s.work.Go(func() {
		select {
		case <-time.After(time.Duration(args.MS) * time.Millisecond):
			s.await(s.ctx, s.pose(args.Kind, args.Tag, false, ""))
		case <-s.ctx.Done():
		}
	})
}

// askFirst asks what the server was started to ask, once the session is open.
func (s *server) askFirst() {
	if s.o.AskFirst == "" {
		return
	}
	if method, _ := question(s.o.AskFirst, "", ""); method == "" {
		fmt.Fprintf(os.Stderr, "no kind of question %s\n", s.o.AskFirst)
		return
	}
	s.work.Go(func() { s.await(s.ctx, s.pose(s.o.AskFirst, s.o.Name, false, "")) })
}

// needURL is the tool {tag, done} that wants the user to have gone somewhere
// before. In the legacy era that is an error (2025-11-25, "URL Elicitation
// Required Error"), until it is called with done; in the modern one a question.
func (s *server) needURL(r *request, arguments []byte) {
	var args struct {
		Tag  string
		Done bool
	}
	json.Unmarshal(arguments, &args) // what does not fit stays zero
	if s.modern() {
		if given, ok := s.inquire(r, inquiry{Kind: "elicitation_url", Tag: args.Tag}); ok {
			s.result(r, []byte(`{"content":[{"type":"text","text":"went there"}],"structuredContent":`+string(given)+`}`))
		}
		return
	}
	if args.Done {
		s.result(r, textResult("went there"))
		return
	}
	_, members := question("elicitation_url", args.Tag, "needed")
	s.failWith(r, codeURLElicitation, `{"elicitations":[{`+strings.Join(members, ",")+`}],"x-unknown":9007199254740993}`, "<go> to the page first")
}
