package cell

import "encoding/json"

// Spec is a program to run.
type Spec struct {
	Name string   // for errors, and of its log
	Args []string // the first is the path of the program
	Env  []string // all of its environment
	Log  string   // file that gets its standard output and error
}

// setup is the first line that a cell is sent.
type setup struct {
	Isolated bool
	Hide     []string          // folders that are empty in the cell
	Show     map[string]string // by where they are seen in the cell, folders of the machine
	Address  string            // of the loopback device, beside 127.0.0.1
	Forward  string            // where connections to the listener go
	Groups   []string          // control groups to remove at the end
	Discard  []string          // files and folders to remove at the end
}

// request is any other line that a cell is sent: start a program.
type request struct {
	ID   int
	Spec Spec
}

// report is a line that a cell sends: the setup is done (ID 0), or a program was
// started, or could not be, or has ended.
type report struct {
	ID    int
	Error string `json:",omitempty"`
	Ended string `json:",omitempty"`
}

// line is v as one line of JSON.
func line(v any) []byte {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err) // strings and numbers only
	}
	return append(raw, '\n')
}
