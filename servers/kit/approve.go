package kit

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"time"

	"github.com/loom-core/loom/core/jsonrpc"
	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"
)

// Approval is how a call came to be allowed to do what cannot be undone.
type Approval string

// The ways of an [Approval].
const (
	ByUser  Approval = "user"      // a human said yes to the question
	Unasked Approval = "not asked" // the client cannot ask one
)

// Approve asks the user of the client the question, if the client can: over
// elicitation/create, or in the result of the call in the modern era. The
// handler returns the error as it is: either the user said no, or the call is
// not over and the handler runs again with the answer. It runs from its start,
// so what it does before must change nothing, and a plan that reads differently
// by then is another question.
func Approve(ctx context.Context, question string) (Approval, error) {
	a, _ := ctx.Value(approvalKey{}).(*approval)
	if a == nil || a.cannot {
		return Unasked, nil
	}
	q := &pendingQuestion{text: question, id: questionID(a.tool, question)}
	switch {
	case a.answered != q.id:
		return "", &Error{Code: ConfirmationRequired, Message: "the user was not asked", Err: q}
	case a.action == mcp.ElicitationResponseActionAccept:
		return ByUser, nil
	case a.action == mcp.ElicitationResponseActionDecline:
		return "", Errorf(PermissionDenied, "the user was asked and said no").
			WithHint("do not try again unless the user wants it")
	}
	return "", Errorf(Cancelled, "the user was asked and closed the question").
		WithHint("ask what is wanted before you try again")
}

const (
	approvalInput = "approve" // under which the modern era has the answer
	// approvalRounds is how often one call asks, when what it asks changes
	// between the question and the answer.
	approvalRounds = 3
	// approvalPatience is how long a human may think. Clients give up before.
	approvalPatience = 10 * time.Minute
)

type approvalKey struct{}

// approval is what is known of the user's will in one call.
type approval struct {
	tool     string
	modern   bool
	cannot   bool
	answered string // id of the question
	action   mcp.ElicitationResponseAction
	rounds   int
}

// pendingQuestion travels in an [Error] from the handler to the kit.
type pendingQuestion struct{ text, id string }

func (q *pendingQuestion) Error() string { return "to be asked: " + q.text }

// questionID ties an answer to its question.
func questionID(tool, question string) string {
	sum := sha256.Sum256([]byte(tool + "\x00" + question))
	return hex.EncodeToString(sum[:])
}

// approvalOf reads what a request says of it: what its client can do, and in
// the modern era what was answered before.
func approvalOf(ctx context.Context, tool string, req mcp.CallToolRequest) *approval {
	a := &approval{tool: tool, modern: mcp.IsModernProtocol(server.RequestProtocolVersion(ctx))}
	if !a.modern {
		session, ok := server.ClientSessionFromContext(ctx).(server.SessionWithElicitation)
		if !ok {
			a.cannot = true
		} else if info, ok := session.(server.SessionWithClientInfo); ok {
			a.cannot = !elicits(info.GetClientCapabilities())
		}
		return a
	}
	capabilities := req.Params.Meta.ClientCapabilities()
	a.cannot = capabilities == nil || !elicits(*capabilities)
	if r := server.ElicitationResponse(req.Params.InputResponses, approvalInput); r != nil {
		a.answered, a.action = req.Params.RequestState, r.Action
	}
	return a
}

// elicits reports whether a client shows forms. An empty object means that.
func elicits(c mcp.ClientCapabilities) bool {
	return c.Elicitation != nil && (c.Elicitation.Form != nil || c.Elicitation.URL == nil)
}

// ask puts the question that failed carries to the user. It reports whether the
// handler is to run again; a result is one that asks, and ends this request.
func (a *approval) ask(ctx context.Context, s *Server, failed *Error) (again bool, result *mcp.CallToolResult, err *Error) {
	var q *pendingQuestion
	if !errors.As(failed, &q) {
		return false, nil, failed
	}
	if a.rounds++; a.rounds > approvalRounds {
		return false, nil, Errorf(Conflict, "what the user is to approve changes faster than they answer")
	}
	params := mcp.ElicitationParams{
		Message:         s.gate().text(q.text),
		RequestedSchema: map[string]any{"type": "object", "properties": map[string]any{}},
	}
	if a.modern {
		return false, server.NewInputRequestBuilder(q.id).Elicit(approvalInput, params).ToolResult(), nil
	}
	session := server.ClientSessionFromContext(ctx).(server.SessionWithElicitation) // approvalOf looked
	ctx, cancel := context.WithTimeout(ctx, approvalPatience)
	defer cancel()
	answer, e := session.RequestElicitation(ctx, mcp.ElicitationRequest{Params: params})
	var refused *jsonrpc.Error
	switch {
	case e == nil:
		a.answered, a.action = q.id, answer.Action
	case errors.Is(e, server.ErrElicitationNotSupported), errors.As(e, &refused) && refused.Code == jsonrpc.CodeMethodNotFound:
		a.cannot = true // a hub speaks for clients that can and for those that cannot
	case ctx.Err() != nil:
		return false, nil, asError(ctx, context.Cause(ctx))
	default:
		return false, nil, Errorf(Unavailable, "the user could not be asked: %w", e)
	}
	return true, nil, nil
}
