// Package service is what the testbed calls a real upstream, and the [Bed] on
// which the services of a run stand.
//
// A test says which service it needs and gets the address of one that answers:
//
//	at := bed.Use(t, "loki")
//
// It is started when the first test needs it, shared by all that follow, and ended
// with the run. Where it came from is a [Provider]'s matter: testbed/local starts
// processes. A test never knows which it got.
//
// What goes wrong with a service ends the run at once, with what the service wrote
// last and what to do: the tests after it would fail for the same reason, and say
// less. That nothing is left behind is testbed/run's promise.
package service
