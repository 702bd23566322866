/*
 * The board around QEMU's Raspberry Pi: an I2C device whose far end is a Unix socket, every edge of
 * a pin, and the guest's time. QEMU takes it in by --preload; the peer is board.py.
 *
 * A message from here: kind (1), argument (1), length (2, little-endian), guest's time (8, ns),
 * then for a write as many bytes. 'S' asks whether anybody is at the address, 'W' writes, 'R' wants
 * `length` bytes, 'P' is a pin (argument: its number, length: its level), 'T' is the time alone.
 * 'S' and 'T' are answered by one byte, 0 for an acknowledgement (time waits for it); 'R' by one
 * such byte and the data.
 */
#include "qemu/osdep.h"
#include "qemu/module.h"
#include "qemu/timer.h"
#include "qapi/error.h"
#include "hw/gpio/bcm2835_gpio.h"
#include "hw/i2c/bcm2835_i2c.h"
#include "hw/i2c/i2c.h"
#include "hw/irq.h"
#include "hw/qdev-properties.h"
#include <sys/socket.h>
#include <sys/un.h>

#define TYPE_BOARD "coach-board"
OBJECT_DECLARE_SIMPLE_TYPE(Board, BOARD)

#define PINS 54
#define LONGEST 65535
#define TICK_NS (5 * SCALE_MS)

struct Board {
    I2CSlave parent_obj;
    int fd;
    QEMUTimer *tick;
    uint8_t data[LONGEST];
    unsigned length, at;
};

static void transfer(bool out, Board *b, uint8_t *data, size_t length)
{
    while (length) {
        ssize_t n = out ? send(b->fd, data, length, MSG_NOSIGNAL) : recv(b->fd, data, length, 0);
        if (n <= 0) {
            exit(3); /* the test has gone */
        }
        data += n;
        length -= n;
    }
}

static void say(Board *b, char kind, uint8_t argument, uint16_t length)
{
    int64_t now = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);
    uint8_t head[12] = {kind, argument, length & 0xff, length >> 8};

    for (int i = 0; i < 8; i++) {
        head[4 + i] = now >> (8 * i);
    }
    transfer(true, b, head, sizeof(head));
}

static bool refused(Board *b)
{
    uint8_t answer;

    transfer(false, b, &answer, 1);
    return answer != 0;
}

static int board_event(I2CSlave *slave, enum i2c_event event)
{
    Board *b = BOARD(slave);

    switch (event) {
    case I2C_START_SEND:
        b->length = 0;
        say(b, 'S', slave->address, 0);
        return refused(b);
    case I2C_START_RECV:
        b->length = b->at = 0;
        unsigned wanted = BCM2835_I2C(qdev_get_parent_bus(DEVICE(b))->parent)->dlen;
        say(b, 'R', slave->address, wanted);
        if (refused(b)) {
            return -1;
        }
        transfer(false, b, b->data, wanted);
        return 0;
    case I2C_FINISH:
        if (b->length) {
            say(b, 'W', slave->address, b->length);
            transfer(true, b, b->data, b->length);
            b->length = 0;
        }
        return 0;
    default:
        return 0;
    }
}

static int board_send(I2CSlave *slave, uint8_t byte)
{
    Board *b = BOARD(slave);

    if (b->length == LONGEST) {
        return -1;
    }
    b->data[b->length++] = byte;
    return 0;
}

static uint8_t board_recv(I2CSlave *slave)
{
    Board *b = BOARD(slave);

    return b->at < LONGEST ? b->data[b->at++] : 0xff;
}

static void board_tick(void *opaque)
{
    Board *b = opaque;

    say(b, 'T', 0, 0);
    refused(b);
    timer_mod(b->tick, qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) + TICK_NS);
}

static void board_pin(void *opaque, int pin, int level)
{
    say(opaque, 'P', pin, level);
}

static void board_realize(DeviceState *dev, Error **errp)
{
    Board *b = BOARD(dev);
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    BusState *bus = qdev_get_parent_bus(dev);
    Object *gpio = object_resolve_path_type("", TYPE_BCM2835_GPIO, NULL);
    const char *path = getenv("BOARD_SOCKET");

    if (BCM2835_I2C(bus->parent)->bus != I2C_BUS(bus)) {
        error_setg(errp, "coach-board: made for another configuration of QEMU");
        return;
    }
    b->fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (!gpio || !path || strlen(path) >= sizeof(to.sun_path)) {
        error_setg(errp, "coach-board: no pins, or BOARD_SOCKET names no socket");
        return;
    }
    strcpy(to.sun_path, path);
    if (connect(b->fd, (struct sockaddr *)&to, sizeof(to))) {
        error_setg(errp, "coach-board: nobody listens at %s", path);
        return;
    }
    qdev_init_gpio_in(dev, board_pin, PINS);
    for (int pin = 0; pin < PINS; pin++) {
        qdev_connect_gpio_out(DEVICE(gpio), pin, qdev_get_gpio_in(dev, pin));
    }
    b->tick = timer_new_ns(QEMU_CLOCK_VIRTUAL, board_tick, b);
    board_tick(b);
}

static void board_class_init(ObjectClass *klass, void *data)
{
    I2CSlaveClass *slave = I2C_SLAVE_CLASS(klass);

    DEVICE_CLASS(klass)->realize = board_realize;
    slave->event = board_event;
    slave->send = board_send;
    slave->recv = board_recv;
}

static const TypeInfo board_info = {
    .name = TYPE_BOARD,
    .parent = TYPE_I2C_SLAVE,
    .instance_size = sizeof(Board),
    .class_init = board_class_init,
};

static void board_register(void)
{
    type_register_static(&board_info);
}

type_init(board_register)
