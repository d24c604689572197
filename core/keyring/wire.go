package keyring

import "time"

// Backend is a place that holds secrets. The empty Backend leaves the choice to
// loom-keyring, see [Known].
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

// Request is what loom-keyring reads. A value is bytes, which JSON takes in
// base64: as a string it would lose what is not UTF-8.
type Request struct {
	Op         Op       `json:"op"`
	Backend    Backend  `json:"backend,omitempty"`
	Dir        string   `json:"dir"` // of the file backend
	Names      []string `json:"names,omitempty"`
	Value      []byte   `json:"value,omitempty"`
	Passphrase string   `json:"passphrase,omitempty"` // of the file backend
	Create     bool     `json:"create,omitempty"`     // of [OpUnlock]: the file backend may be set up with Passphrase
}

// Reply is what loom-keyring writes. Without Error the operation was done.
type Reply struct {
	Backend Backend           `json:"backend,omitempty"` // that did it
	Values  map[string][]byte `json:"values,omitempty"`  // of [OpGet]: those that were found
	Names   []string          `json:"names,omitempty"`   // of [OpList], sorted; of [OpDelete], those that were there
	Probes  []Probe           `json:"probes,omitempty"`  // of [OpProbe], in the order of choice
	Error   *WireError        `json:"error,omitempty"`
}

// What one request may hold. No token is longer than MaxValue: a certificate
// chain with its key has 10 KiB.
const (
	MaxNames   = 256
	MaxValue   = 256 << 10
	MaxRequest = 1 << 20                     // a value in base64, names and a passphrase
	MaxReply   = MaxNames * MaxValue * 3 / 2 // values in base64, and their names
)

// BusOff is in the environment of a loom-keyring that needs no session bus, so
// that one that hangs does not hold up the backends that live without it.
const BusOff = "LOOM_KEYRING_BUS=off"

// onBus are the backends that are reached over the session bus. An empty one may
// become one of them.
func (b Backend) onBus() bool { return b == "" || b == SecretService || b == KWallet }

// Known are all backends, in the order of choice: the first that is available
// is used when nobody chooses. [KeyCtl] is never chosen by itself.
var Known = []Backend{Keychain, WinCred, SecretService, KWallet, Pass, File, KeyCtl}

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
	// Left is a backend that still has an older value: it was moved from there,
	// and that one could not be reached.
	Left Backend `json:"left,omitempty"`
}
