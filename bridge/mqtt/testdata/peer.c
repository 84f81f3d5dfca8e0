/* peer HOST PORT RATE QOS SECONDS: the round trip of 300-byte messages through a broker and back to the sender with
   libmosquitto, µs on a line each. */
#include <mosquitto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1e6 + t.tv_nsec / 1e3;
}

static double *took;
static int room;
static volatile int came, ready;

static void message(struct mosquitto *m, void *arg, const struct mosquitto_message *msg) {
    (void)m, (void)arg;
    double at = now(), sent;
    if (msg->payloadlen < (int)sizeof sent || came >= room) return;
    memcpy(&sent, msg->payload, sizeof sent);
    took[came] = at - sent;
    came = came + 1;
}

static void subscribed(struct mosquitto *m, void *arg, int mid, int n, const int *qos) {
    (void)m, (void)arg, (void)mid, (void)n, (void)qos;
    ready = 1;
}

int main(int argc, char **argv) {
    if (argc != 6) return 2;
    int rate = atoi(argv[3]), qos = atoi(argv[4]), n = rate * atoi(argv[5]);
    mosquitto_lib_init();
    struct mosquitto *m = mosquitto_new("bench-peer", true, NULL);
    mosquitto_int_option(m, MOSQ_OPT_TCP_NODELAY, 1);
    mosquitto_message_callback_set(m, message);
    mosquitto_subscribe_callback_set(m, subscribed);
    took = calloc(n, sizeof *took), room = n;
    if (mosquitto_connect(m, argv[1], atoi(argv[2]), 30) || mosquitto_loop_start(m) || mosquitto_subscribe(m, NULL, "bench/peer", qos)) return 1;
    while (!ready) nanosleep(&(struct timespec){0, 1000000}, NULL);
    char payload[300] = {0};
    struct timespec next;
    clock_gettime(CLOCK_MONOTONIC, &next);
    for (int i = 0; i < n; i++) {
        next.tv_nsec += 1000000000L / rate;
        if (next.tv_nsec >= 1000000000L) next.tv_sec++, next.tv_nsec -= 1000000000L;
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
        double sent = now();
        memcpy(payload, &sent, sizeof sent);
        mosquitto_publish(m, NULL, "bench/peer", sizeof payload, payload, qos, false);
    }
    for (int i = 0; i < 2000 && came < n; i++) nanosleep(&(struct timespec){0, 1000000}, NULL);
    for (int i = 0; i < came; i++) printf("%.1f\n", took[i]);
    mosquitto_disconnect(m);
    mosquitto_loop_stop(m, true);
    return came < n;
}
