package proc

import (
	"bytes"
	"encoding/binary"
)

// environOf finds the environment in what macOS gives for KERN_PROCARGS2: the
// number of arguments (32 bits), the path of the program, zero bytes up to a
// boundary, the arguments and the variables, each ended by a zero byte
// (xnu, bsd/kern/kern_sysctl.c, sysctl_procargsx).
func environOf(raw []byte) string {
	if len(raw) < 4 {
		return ""
	}
	count := int(binary.LittleEndian.Uint32(raw)) // every Mac that Go runs on
	_, rest, ok := bytes.Cut(raw[4:], []byte{0})
	if !ok {
		return ""
	}
	rest = bytes.TrimLeft(rest, "\x00")
	for ; count > 0; count-- {
		if _, rest, ok = bytes.Cut(rest, []byte{0}); !ok {
			return ""
		}
	}
	return string(rest)
}
