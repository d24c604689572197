package git

import (
	"os"
	"os/exec"
)

// group leaves git to the kill of exec.CommandContext. There are no process
// groups here, and none of the commands that we run starts a helper.
func group(*exec.Cmd) {}

// systemEnv is what a Windows program cannot start without.
func systemEnv() []string { return []string{"SystemRoot=" + os.Getenv("SystemRoot")} }
