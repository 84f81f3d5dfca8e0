// Package film takes a film of the live view: its page in Chromium without a
// window, a picture of it for every moment that the film has, and ffmpeg that
// makes H.264 of the pictures.
//
//	Put(tick) ──► page draws that tick ──► picture (PNG) ──► ffmpeg ──► FILE.mp4
//
// The film's time is the robot's, not that of the clock: picture n is that of
// the first tick at n/FPS s or later, however long it took to draw. Put
// therefore waits for the picture, and is for a robot whose time waits for the
// program. chromium and ffmpeg are programs of the machine; both are given
// their own process group, and end when this program does, however it ends,
// because what they read from does.
package film
