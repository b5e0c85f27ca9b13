// A goroutine for each peer, with the standard library's buffers. Takes the port as its argument.
//
// Built without a module: go build -o target/peers/goroutines bench/peers/goroutines.go
package main

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"os"
)

const (
	delimiter        = '?'
	questionBytesMax = 16384
	unknownAnswer    = "Error: unknown question."
)

var answers = map[string]string{
	"What is your name":           "My name is Sir Lancelot of Camelot.",
	"What is your quest":          "To seek the Holy Grail.",
	"What is your favorite color": "Blue.",
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: goroutines PORT")
		os.Exit(2)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:"+os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	for {
		connection, err := listener.Accept()
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			continue
		}
		go converse(connection)
	}
}

// converse returns when the peer has finished or is gone, or when a question is too long: then it
// does not fit into the reader's buffer.
func converse(connection net.Conn) {
	defer connection.Close()
	reader := bufio.NewReaderSize(connection, questionBytesMax+1)
	writer := bufio.NewWriter(connection)
	for {
		question, err := reader.ReadSlice(delimiter)
		if err != nil {
			writer.Flush()
			return
		}
		writer.WriteString(answerTo(question[:len(question)-1]))
		if isNextIncomplete(reader) && writer.Flush() != nil {
			return
		}
	}
}

func answerTo(question []byte) string {
	if answer, isKnown := answers[string(question)]; isKnown {
		return answer
	}
	return unknownAnswer
}

// isNextIncomplete tells that the next question must be waited for, so that what is owed goes out.
func isNextIncomplete(reader *bufio.Reader) bool {
	buffered, _ := reader.Peek(reader.Buffered())
	return bytes.IndexByte(buffered, delimiter) < 0
}
