package git

import (
	"os"
	"path/filepath"
)

// Command is one call of git.
type Command struct {
	Dir      string   // working directory; empty means the root of the file system
	GitDir   string   // GIT_DIR; empty means no repository at all
	WorkTree string   // GIT_WORK_TREE; empty for a bare repository
	NoIndex  bool     // hide the index of GitDir
	Args     []string // the subcommand and what follows it
}

// fixed stands before every subcommand. The git directory that package repo
// hands in has a configuration of our own, so each -c is a second lock on a
// door that is shut already: it also beats the configuration file, should a
// key ever slip into it.
var fixed = []string{
	"--no-pager",
	"--no-optional-locks",
	// A sha must mean the object of that name, whatever refs/replace says.
	"--no-replace-objects",
	"-c", "core.hooksPath=" + os.DevNull,
	"-c", "core.fsmonitor=false",
	"-c", "core.untrackedCache=false",
	"-c", "core.attributesFile=" + os.DevNull,
	"-c", "core.excludesFile=" + os.DevNull,
	"-c", "core.askPass=",
	"-c", "core.sshCommand=",
	"-c", "core.alternateRefsCommand=",
	"-c", "core.quotePath=false",
	// Above this size git calls a file binary instead of holding it in memory
	// to compare it.
	"-c", "core.bigFileThreshold=16m",
	"-c", "credential.helper=",
	"-c", "diff.external=",
	"-c", "diff.ignoreSubmodules=all",
	"-c", "submodule.recurse=false",
	"-c", "log.showSignature=false",
	"-c", "gpg.program=" + os.DevNull,
	"-c", "gc.auto=0",
	"-c", "maintenance.auto=false",
	// Stops a lazy fetch in git 2.39, which does not know GIT_NO_LAZY_FETCH.
	"-c", "protocol.allow=never",
}

// argv is the whole command line after the name of the program.
func (c Command) argv() []string {
	return append(append(make([]string, 0, len(fixed)+len(c.Args)), fixed...), c.Args...)
}

// environ is built from nothing: a GIT_* variable, a HOME or a PATH of the
// process that started us would each bring in settings or programs.
func (c Command) environ(git string) []string {
	env := []string{
		// Wrappers of git on some systems want a PATH. The folder of git
		// itself adds nothing that was not trusted already.
		"PATH=" + filepath.Dir(git),
		"LC_ALL=C",
		"GIT_CONFIG_NOSYSTEM=1",
		"GIT_CONFIG_SYSTEM=" + os.DevNull,
		"GIT_CONFIG_GLOBAL=" + os.DevNull,
		"GIT_ATTR_NOSYSTEM=1",
		"GIT_TERMINAL_PROMPT=0",
		"GIT_ASKPASS=",
		"GIT_OPTIONAL_LOCKS=0",
		"GIT_PAGER=cat",
		"GIT_NO_LAZY_FETCH=1",
		"GIT_NO_REPLACE_OBJECTS=1",
		"GIT_PROTOCOL_FROM_USER=0",
		"GIT_ALLOW_PROTOCOL=", // set and empty: no transport at all
		"GIT_FLUSH=0",
		"TMPDIR=" + os.TempDir(),
		"GIT_CEILING_DIRECTORIES=" + c.dir(),
	}
	// Without a value git would go looking for a repository by itself, and
	// read the configuration of the one it finds.
	gitDir := c.GitDir
	if gitDir == "" {
		gitDir = os.DevNull
	}
	env = append(env, "GIT_DIR="+gitDir)
	if c.WorkTree != "" {
		env = append(env, "GIT_WORK_TREE="+c.WorkTree)
	}
	if c.NoIndex {
		env = append(env, "GIT_INDEX_FILE="+filepath.Join(gitDir, "no-index"))
	}
	return append(env, systemEnv()...)
}

func (c Command) dir() string {
	if c.Dir == "" {
		return filepath.VolumeName(os.TempDir()) + string(filepath.Separator)
	}
	return c.Dir
}
