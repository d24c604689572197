package keyring

import "time"

// Backend is a place that holds secrets. The empty Backend leaves the choice to
// [Order].
type Backend string

// The backends, named as the library names them.
const (
	Keychain      Backend = "keychain"       // macOS; needs a build with cgo
	WinCred       Backend = "wincred"        // Windows Credential Manager
	SecretService Backend = "secret-service" // GNOME Keyring, KeePassXC, …, over D-Bus
	KWallet       Backend = "kwallet"        // KDE, over D-Bus
	Pass          Backend = "pass"           // the password store, over gpg
	KeyCtl        Backend = "keyctl"         // the kernel's; forgets at logout, so never chosen by itself
	File          Backend = "file"           // encrypted under a passphrase; only once it was set up
)

// Op is what loom-keyring is asked to do.
type Op string

// The operations.
const (
	OpGet    Op = "get"    // Names
	OpSet    Op = "set"    // Names[0] and Value
	OpDelete Op = "delete" // Names
	OpList   Op = "list"
	OpProbe  Op = "probe"  // which backends there are, and whether they answer
	OpUnlock Op = "unlock" // does Passphrase open the file backend, or, with Create, set it up
)

// Request is what loom-keyring reads.
type Request struct {
	Op         Op       `json:"op"`
	Backend    Backend  `json:"backend,omitempty"`
	Dir        string   `json:"dir"` // of the file backend
	Names      []string `json:"names,omitempty"`
	Value      string   `json:"value,omitempty"`
	Passphrase string   `json:"passphrase,omitempty"` // of the file backend
	Create     bool     `json:"create,omitempty"`     // the file backend may be set up with Passphrase
}

// Reply is what loom-keyring writes. Without Error the operation was done.
type Reply struct {
	Backend Backend           `json:"backend,omitempty"` // that did it
	Values  map[string]string `json:"values,omitempty"`  // of [OpGet]: those that were found
	Names   []string          `json:"names,omitempty"`   // of [OpList], sorted
	Probes  []Probe           `json:"probes,omitempty"`  // of [OpProbe], in the order of choice
	Error   *WireError        `json:"error,omitempty"`
}

// Probe is what is known of one backend.
type Probe struct {
	Backend   Backend `json:"backend"`
	Available bool    `json:"available"`
	Locked    bool    `json:"locked,omitempty"`
	Automatic bool    `json:"automatic,omitempty"` // it is the one that is used when nobody chooses
	Why       string  `json:"why,omitempty"`       // why it is not available, or not chosen
}

// Item is a secret as the index knows it.
type Item struct {
	Name    string    `json:"name"`
	Backend Backend   `json:"backend"`
	Set     time.Time `json:"set"` // when its value was set last
}
