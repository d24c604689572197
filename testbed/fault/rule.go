package fault

import "slices"

// Behaviour is what a Front does with a request in place of passing it on.
// Those of one rule are done in order: the first that needs an answer asks the
// service, unless one before it made an answer up. So
//
//	front.On(fault.Any, fault.Status(503), fault.Delay(time.Second))
//
// is a slow 503 that the service never hears of, and
//
//	front.On(fault.Method("POST"), fault.Cut(fault.AtStart))
//
// loses the answer to what the service did.
type Behaviour func(*exchange)

// Rule is what a Front does with some requests.
type Rule struct {
	front      *Front
	match      Match
	behaviours []Behaviour
	hits       int
}

// On adds a rule behind those there are. The first rule that matches a request
// rules it.
func (f *Front) On(m Match, behaviours ...Behaviour) *Rule {
	r := &Rule{front: f, match: m, behaviours: behaviours}
	f.update(func() { f.rules = append(f.rules, r) })
	return r
}

// Off takes the rule away.
func (r *Rule) Off() {
	r.front.update(func() { r.front.rules = slices.DeleteFunc(r.front.rules, func(o *Rule) bool { return o == r }) })
}

// Hits is how many requests the rule was for.
func (r *Rule) Hits() int {
	r.front.mu.Lock()
	defer r.front.mu.Unlock()
	return r.hits
}

// Honest takes all rules away.
func (f *Front) Honest() { f.update(func() { f.rules = nil }) }

// behaviours are those for a request.
func (f *Front) behaviours(r *Request) (out []Behaviour) {
	f.update(func() {
		for _, rule := range f.rules {
			if rule.match(*r) {
				rule.hits++
				out = rule.behaviours
				return
			}
		}
	})
	return out
}

// Do calls f before the request goes on, from a goroutine that is not the
// test's.
func Do(f func(Request)) Behaviour {
	return func(x *exchange) { f(*x.seen) }
}

// Together does several behaviours as one.
func Together(behaviours ...Behaviour) Behaviour {
	return func(x *exchange) {
		for _, behave := range behaviours {
			behave(x)
		}
	}
}
