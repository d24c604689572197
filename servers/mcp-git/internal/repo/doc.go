// Package repo reads one local git repository: commits, refs, differences,
// blame, status, files and text.
//
// A repository is foreign input, and git runs programs that its configuration
// names: filters, diff drivers, monitors, signature checkers, transports. So
// git never sees that configuration here. [Open] makes a folder that looks
// like the repository's git directory (the same objects, refs and index,
// through symbolic links) with a configuration of our own, which takes over a
// short list of keys that are plain facts. What is not on the list does not
// exist for git, whatever a later version of git makes of it.
//
// The other half of Open makes sure that all of what git will read through
// that folder lies in the allowed directories: the git directory itself, the
// folder that a .git file or a commondir file points to, alternates, and every
// symbolic link in between. These are checks, so somebody who changes the
// repository while a call runs can get past them; he would need to be able to
// write there, and gains what he could have read himself.
//
// The package imports no MCP. The tools of mcp-git are its only users.
package repo
