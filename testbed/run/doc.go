// Package run gives each run of the testbed a folder of its own and sees to it
// that nothing of the run outlives it: no process, no mount, no file.
//
// A live run holds a lock on its folder and notes in a journal which process
// groups it has started. Three things clean up, each for when the one before it
// could not:
//
//   - [Folder.End], when the run ends in order or is told to;
//   - a warden, a process of its own that sees the run die (kill -9, a panic) and
//     does the same within a second;
//   - the sweep with which every run begins, for the folders of dead runs.
//
// A process is ended only if it is surely one of the run: it is a group of the
// journal whose leader started when the journal says and names the folder in its
// environment, its arguments or as its working directory, or it has the folder in
// [Variable], HOME or TMPDIR. What leaves all that behind, as a container does, is told
// to [Folder.Undo].
package run
