// Command workload is what the testbed runs in pods: it logs a line a second,
// serves HTTP on port 8080, greets on port 8081, and is its own small set of commands for exec.
package main

import (
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"
)

func main() {
	if len(os.Args) == 1 {
		serve()
		return
	}
	switch args := os.Args[2:]; os.Args[1] {
	case "cat":
		io.Copy(os.Stdout, os.Stdin)
	case "echo":
		fmt.Println(strings.Join(args, " "))
	case "warn": // on standard error
		fmt.Fprintln(os.Stderr, strings.Join(args, " "))
	case "env":
		fmt.Println(strings.Join(os.Environ(), "\n"))
	case "exit":
		code, err := strconv.Atoi(strings.Join(args, ""))
		if err != nil {
			log.Fatal(err)
		}
		os.Exit(code)
	case "grow": // until the kernel ends it
		var all [][]byte
		for {
			block := make([]byte, 1<<20)
			for i := range block {
				block[i] = 1 // a page that is not written is not there
			}
			all = append(all, block)
			fmt.Printf("level=info msg=growing mb=%d\n", len(all))
		}
	case "chat": // 300 lines at once, each hundredth an error
		for n := range 300 {
			level := "info"
			if n%100 == 50 {
				level = "error"
			}
			fmt.Printf("level=%s msg=chat n=%d\n", level, n)
		}
		time.Sleep(time.Hour)
	case "crash":
		fmt.Println("panic: database connection refused")
		os.Exit(3)
	default:
		fmt.Fprintf(os.Stderr, "workload: no command %q; there are cat, echo, warn, env, exit, grow, chat, crash\n", os.Args[1])
		os.Exit(2)
	}
}

func serve() {
	name, err := os.Hostname()
	if err != nil {
		log.Fatal(err)
	}
	go func() { // ends with the process
		for n := 0; ; n++ {
			fmt.Printf("level=info msg=tick n=%d pod=%s\n", n, name)
			time.Sleep(time.Second)
		}
	}()
	go greet() // ends with the process
	log.Fatal(http.ListenAndServe(":8080", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintln(w, "workload", name, r.URL.Path)
	})))
}

// greet speaks first, as mail servers and databases do.
func greet() {
	l, err := net.Listen("tcp", ":8081")
	if err != nil {
		log.Fatal(err)
	}
	for {
		c, err := l.Accept()
		if err != nil {
			log.Fatal(err)
		}
		go func() { // ends with the connection
			defer c.Close()
			fmt.Fprint(c, "220 workload is ready\r\n")
			io.Copy(io.Discard, c)
		}()
	}
}
