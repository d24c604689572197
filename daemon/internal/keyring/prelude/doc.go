// Package prelude does what must be done before package
// github.com/99designs/keyring is initialised: that one dials the session bus in
// its init, waits for it without end, and where there is none starts one with
// dbus-launch, which nobody ever stops.
//
// The language initialises packages in the order of their paths as soon as what
// they import is initialised. This one imports little, so that it comes before
// net, and therefore before all that needs a socket; a test has a dbus-launch
// that tells on us. It must stay so: no net, no os/exec, no golang.org/x/sys.
package prelude
