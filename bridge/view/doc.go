// Package view is the live view: a page in the browser that draws a body as it
// moves, its reference as a ghost, the animal whose motion that was as another, and
// how the loop is doing.
//
// In flow a Body, its shapes, and per tick a Sample with the poses of the
// frames (7 numbers a frame: x, y, z in m, then the quaternion w, x, y, z, body
// to world). Out flow the onlooker's wishes, through Commands: stop, pause,
// restart, another clip.
//
// Nothing waits on an onlooker. Publish copies into a newest-value slot; it
// takes no lock, allocates nothing and does not know whether anybody looks. A
// second goroutine sends the newest value at display rate (60 Hz at most), a
// browser that reads too slowly misses values, and one that does not read at
// all is dropped.
//
// The server listens on the loopback address and checks the Host and Origin of
// every request. Another address needs a token, which is told to the browser
// once in the URL and kept in a cookie. There is no TLS: across a network that
// is not yours, use an SSH tunnel.
package view
