// examples/go/raw.go - a client of a raw endpoint, with nothing but Go's standard library: our stdin
// goes to the worker, what it says to our stdout.
//
//	go run raw.go \\.\pipe\standpipe\sort < names.txt
//
// An overlapped handle, which os.OpenFile gives only since Go 1.25: on another one Windows does one
// thing at a time, so a read that waits would hold up every write.
package main

import (
	"fmt"
	"os"
	"syscall"
	"unsafe"
)

const (
	pipeBusy            = syscall.Errno(231)
	identificationLevel = 0x00110000 // the server may learn who we are, and can't act as us
)

var (
	kernel32            = syscall.NewLazyDLL("kernel32.dll")
	createEvent         = kernel32.NewProc("CreateEventW")
	getOverlappedResult = kernel32.NewProc("GetOverlappedResult")
	waitNamedPipe       = kernel32.NewProc("WaitNamedPipeW")

	worker           syscall.Handle
	reading, writing syscall.Overlapped // where no stack can move them
)

func open(name string) (syscall.Handle, error) {
	path, err := syscall.UTF16PtrFromString(name)
	if err != nil {
		return syscall.InvalidHandle, err
	}
	for {
		h, err := syscall.CreateFile(path, syscall.GENERIC_READ|syscall.GENERIC_WRITE, 0, nil,
			syscall.OPEN_EXISTING, syscall.FILE_FLAG_OVERLAPPED|identificationLevel, 0)
		if err != pipeBusy {
			return h, err
		}
		waitNamedPipe.Call(uintptr(unsafe.Pointer(path)), 20000)
	}
}

// finish waits for what was begun.
func finish(o *syscall.Overlapped, begun error) (int, error) {
	var bytes uint32
	if begun != nil && begun != syscall.ERROR_IO_PENDING {
		return 0, begun
	}
	ok, _, err := getOverlappedResult.Call(uintptr(worker), uintptr(unsafe.Pointer(o)),
		uintptr(unsafe.Pointer(&bytes)), 1)
	if ok == 0 {
		return 0, err
	}
	return int(bytes), nil
}

func send(piece []byte) error {
	_, err := finish(&writing, syscall.WriteFile(worker, piece, nil, &writing))
	return err
}

// copyInput ends with an empty message: the end of the worker's stdin. A worker that takes no more
// may go on all the same.
func copyInput() {
	piece := make([]byte, 65536)
	for {
		n, err := os.Stdin.Read(piece)
		if n > 0 && send(piece[:n]) != nil {
			return
		}
		if err != nil {
			send(nil)
			return
		}
	}
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, `usage: raw \\.\pipe\standpipe\WORKER`)
		os.Exit(2)
	}
	var err error
	if worker, err = open(os.Args[1]); err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", os.Args[1], err)
		os.Exit(1)
	}
	for _, o := range []*syscall.Overlapped{&reading, &writing} {
		event, _, _ := createEvent.Call(0, 1, 0, 0)
		o.HEvent = syscall.Handle(event)
	}
	go copyInput()
	piece := make([]byte, 65536)
	for {
		n, err := finish(&reading, syscall.ReadFile(worker, piece, nil, &reading))
		if err == syscall.ERROR_BROKEN_PIPE {
			return // the end of the worker's output
		}
		if err != nil {
			fmt.Fprintf(os.Stderr, "%s: %v\n", os.Args[1], err)
			os.Exit(1)
		}
		os.Stdout.Write(piece[:n])
	}
}
