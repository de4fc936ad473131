// examples/go/attach.go - a client of the control protocol (docs/protocol.md), with nothing but Go's
// standard library: stdin, stdout, stderr and the exit code are the worker's.
//
//	go run attach.go standpipe sort < names.txt
//
// On a handle of os.OpenFile Windows does one thing at a time: a read of the control pipe that waits
// would hold up every write to it. So nobody reads it before both outputs have ended; until then it
// belongs to the goroutine that copies stdin.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
	"time"
)

type object = map[string]any

const pipeBusy = syscall.Errno(231) // others have just come; the service makes room

// message is any line of the service's.
type message struct {
	Method string
	Params struct {
		Stream string
		Bytes  int64
		Code   uint32
		Reason string
	}
	Result struct{ Stdin, Stdout, Stderr string }
	Error  struct {
		Code    int
		Message string
	}
}

var (
	worker    string
	control   *os.File
	lines     *json.Decoder
	exitCodes = map[int]int{2: 127, 3: 126} // no such worker, could not be started; others: 125
)

func fail(code int, format string, words ...any) {
	fmt.Fprintf(os.Stderr, worker+": "+format+"\n", words...)
	if code == 0 {
		code = 125
	}
	os.Exit(code)
}

func open(leaf string, access int) *os.File {
	name := `\\.\pipe\` + leaf
	file, err := os.OpenFile(name, access, 0)
	for ; errors.Is(err, pipeBusy); file, err = os.OpenFile(name, access, 0) {
		time.Sleep(20 * time.Millisecond)
	}
	if err != nil {
		fail(0, "%v", err)
	}
	return file
}

func send(line object) {
	line["jsonrpc"] = "2.0"
	json.NewEncoder(control).Encode(line) // one line, LF and all
}

func hear() (m message) {
	if lines.Decode(&m) != nil {
		fail(0, "the connection was lost")
	}
	if m.Error.Code != 0 {
		fail(exitCodes[m.Error.Code], "%s", m.Error.Message)
	}
	return m
}

func copyInput(to *os.File) {
	bytes, err := io.Copy(to, os.Stdin)
	to.Close()
	if err == nil { // else the worker takes no more, and may go on all the same
		send(object{"method": "input_end", "params": object{"bytes": bytes}})
	}
}

func copyOutput(to, from *os.File) chan int64 {
	done := make(chan int64, 1)
	go func() {
		bytes, _ := io.Copy(to, from)
		done <- bytes
	}()
	return done
}

func main() {
	if len(os.Args) < 3 {
		fmt.Fprintln(os.Stderr, "usage: attach PIPE WORKER [ARGUMENT...]")
		os.Exit(2)
	}
	worker = os.Args[2]
	control = open(os.Args[1], os.O_RDWR)
	lines = json.NewDecoder(control)
	send(object{"id": 1, "method": "attach",
		"params": object{"worker": worker, "protocol": 1, "args": os.Args[3:]}})
	names := hear().Result
	stdin := open(names.Stdin, os.O_WRONLY)
	stdout := copyOutput(os.Stdout, open(names.Stdout, os.O_RDONLY))
	stderr := copyOutput(os.Stderr, open(names.Stderr, os.O_RDONLY))
	send(object{"id": 2, "method": "start"})
	hear()
	go copyInput(stdin)
	came := map[string]int64{"stdout": <-stdout, "stderr": <-stderr}
	m := hear()
	for ; m.Method != "exit"; m = hear() {
		if p := m.Params; m.Method == "output_end" && came[p.Stream] != p.Bytes {
			fail(0, "%d bytes of %s were announced, and %d came", p.Bytes, p.Stream, came[p.Stream])
		}
	}
	send(object{"method": "ack"})
	if m.Params.Reason != "" {
		fail(0, "the worker was ended: %s", m.Params.Reason)
	}
	os.Exit(int(m.Params.Code))
}
