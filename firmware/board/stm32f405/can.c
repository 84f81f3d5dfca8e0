// Two CAN buses of 1 Mbit/s to the motors: RM0090 32 (bxCAN). A tick's frames are
// queued and fill the three mailboxes of each bus as these become free; each
// answer replaces the older one of its motor. config.h has the bus load.
#include "board/stm32f405/parts.h"
#include "board/stm32f405/regs.h"

#include <string.h> // memcpy, memset

#define CAN(bus, offset) REG(0x40006400 + 0x400 * (bus) + (offset))
#define CAN_MCR 0x000
#define CAN_MSR 0x004
#define CAN_TSR 0x008
#define CAN_RF0R 0x00C
#define CAN_IER 0x014
#define CAN_BTR 0x01C
#define CAN_TI(box) (0x180 + 0x10 * (box))
#define CAN_RI0 0x1B0
#define CAN_FMR REG(0x40006600)
#define CAN_FS1R REG(0x4000660C)
#define CAN_FA1R REG(0x4000661C)
#define CAN_F(bank, word) REG(0x40006640 + 8 * (bank) + 4 * (word))
enum { IRQ_CAN1_TX = 19, IRQ_CAN1_RX0 = 20, IRQ_CAN2_TX = 63, IRQ_CAN2_RX0 = 64 };
enum { BUSES = 2, PER_BUS = WIRE_JOINTS };

struct queue {
	uint8_t frame[PER_BUS][MIT_FRAME];
	uint8_t id[PER_BUS];
	uint32_t n, next;
};

static struct queue queue[BUSES];
static uint8_t reply[WIRE_JOINTS][MIT_FRAME];
static volatile uint8_t length[WIRE_JOINTS];

// A tick of 2 ms sends six frames a bus: a queue that is not empty by then belongs
// to a bus that is stuck, and its motors' silence is a fault. What waits in its
// mailboxes is taken back by can_send: a bus that works again brings nothing old.
static void fill_mailboxes(uint32_t bus)
{
	struct queue *q = &queue[bus];
	for (uint32_t box = 0; box < 3 && q->next < q->n; box++) {
		if (!(CAN(bus, CAN_TSR) >> (26 + box) & 1)) continue; // not empty
		const uint8_t *f = q->frame[q->next];
		CAN(bus, CAN_TI(box) + 4) = MIT_FRAME;
		CAN(bus, CAN_TI(box) + 8) = wire_get32(f);
		CAN(bus, CAN_TI(box) + 12) = wire_get32(f + 4);
		CAN(bus, CAN_TI(box)) = (uint32_t)q->id[q->next] << 21 | 1; // send
		q->next++;
	}
}

static void receive(uint32_t bus)
{
	for (int i = 0; i < 3 && (CAN(bus, CAN_RF0R) & 3); i++) {
		uint8_t f[MIT_FRAME];
		uint8_t n = CAN(bus, CAN_RI0 + 4) & 15;
		wire_put32(f, CAN(bus, CAN_RI0 + 8));
		wire_put32(f + 4, CAN(bus, CAN_RI0 + 12));
		CAN(bus, CAN_RF0R) = 1u << 5; // release
		int joint = robot_joint_of(&robot_config, (uint8_t)bus, f[0]); // motors answer to one id, and say which they are
		if (joint < 0) continue;
		memcpy(reply[joint], f, sizeof f);
		length[joint] = n <= MIT_FRAME ? n : 0;
	}
}

void board_irq(uint32_t number)
{
	if (number == IRQ_CAN1_RX0 || number == IRQ_CAN2_RX0) receive(number == IRQ_CAN2_RX0);
	if (number == IRQ_CAN1_TX || number == IRQ_CAN2_TX) {
		uint32_t bus = number == IRQ_CAN2_TX;
		CAN(bus, CAN_TSR) = 1u << 0 | 1u << 8 | 1u << 16; // done with all three
		fill_mailboxes(bus);
	}
}

// 1 Mbit/s in 14 quanta of 42 MHz / 3, sampled at 86 %; 16 MHz makes it 16 quanta.
static void bus_start(uint32_t bus, uint32_t apb1_hz)
{
	uint32_t timing = apb1_hz == 42000000 ? 1u << 20 | 10u << 16 | 2 : 1u << 20 | 12u << 16 | 0;
	CAN(bus, CAN_MCR) = 1; // initialisation
	wait_for(&CAN(bus, CAN_MSR), 1, 1, 200000);
	CAN(bus, CAN_BTR) = timing;
	CAN(bus, CAN_MCR) = 1u << 6 | 1u << 2; // bus-off recovers by itself; in the order of requests
	wait_for(&CAN(bus, CAN_MSR), 1, 0, 200000);
	CAN(bus, CAN_IER) = 1u << 0 | 1u << 1; // mailbox empty, message pending
}

void can_start(uint32_t apb1_hz)
{
	pin_mode(PORT_B, 8, PIN_ALTERNATE, 9);
	pin_mode(PORT_B, 9, PIN_ALTERNATE, 9);
	pin_mode(PORT_B, 12, PIN_ALTERNATE, 9);
	pin_mode(PORT_B, 13, PIN_ALTERNATE, 9);
	bus_start(0, apb1_hz);
	bus_start(1, apb1_hz);
	CAN_FMR = 14u << 8 | 1; // banks from 14 on are CAN2's; everything goes to FIFO 0
	CAN_FS1R = 1u << 0 | 1u << 14;
	CAN_F(0, 0) = CAN_F(0, 1) = CAN_F(14, 0) = CAN_F(14, 1) = 0;
	CAN_FA1R = 1u << 0 | 1u << 14;
	CAN_FMR = 14u << 8;
	cortex_enable(IRQ_CAN1_TX);
	cortex_enable(IRQ_CAN1_RX0);
	cortex_enable(IRQ_CAN2_TX);
	cortex_enable(IRQ_CAN2_RX0);
}

void can_send(const struct robot_config *c, uint8_t frames[WIRE_JOINTS][MIT_FRAME])
{
	cortex_mask();
	for (uint32_t bus = 0; bus < BUSES; bus++) CAN(bus, CAN_TSR) = 1u << 7 | 1u << 15 | 1u << 23; // abort
	queue[0].n = queue[0].next = queue[1].n = queue[1].next = 0;
	for (int i = 0; i < c->joints; i++) {
		struct queue *q = &queue[c->joint[i].bus % BUSES];
		memcpy(q->frame[q->n], frames[i], MIT_FRAME);
		q->id[q->n++] = c->joint[i].id;
	}
	fill_mailboxes(0);
	fill_mailboxes(1);
	cortex_unmask();
}

void can_take(struct robot_input *in)
{
	cortex_mask();
	for (int i = 0; i < WIRE_JOINTS; i++) {
		memcpy(in->reply[i], reply[i], MIT_FRAME);
		in->length[i] = length[i];
		length[i] = 0;
	}
	cortex_unmask();
}
