module whisker

go 1.26.0

require (
	codeberg.org/sbinet/npyio v0.14.0
	github.com/alecthomas/kong v1.17.0
	github.com/coder/websocket v1.8.15
	github.com/eclipse/paho.mqtt.golang v1.5.1
	github.com/goccy/go-yaml v1.19.2
	github.com/google/renameio/v2 v2.0.2
	github.com/klauspost/compress v1.20.3
	github.com/mattn/go-isatty v0.0.24
	github.com/mochi-mqtt/server/v2 v2.7.9
	github.com/rs/zerolog v1.35.1
	github.com/santhosh-tekuri/jsonschema/v6 v6.0.3
	golang.org/x/sync v0.24.0
	golang.org/x/sys v0.49.0
	gonum.org/v1/gonum v0.17.0
	google.golang.org/protobuf v1.36.12
	pgregory.net/rapid v1.3.0
)

require (
	github.com/gorilla/websocket v1.5.3 // indirect
	github.com/rs/xid v1.6.0 // indirect
	golang.org/x/net v0.49.0 // indirect
	golang.org/x/tools v0.41.0 // indirect
)

require (
	github.com/creack/pty v1.1.24
	github.com/mattn/go-colorable v0.1.14 // indirect
	github.com/nlpodyssey/gopickle v0.3.0 // indirect
	go.bug.st/serial v1.8.0
	golang.org/x/text v0.34.0 // indirect
)
