/* fuzz/state/steps.c - programs of steps as a codec. */
#include "fuzz/state/steps.h"

static const struct name op_v[] = {
    {OP_SEND, "send"}, {OP_REPEAT, "repeat"}, {OP_HOLD, "hold"},       {OP_RELEASE, "release"},
    {OP_ECHO, "echo"}, {OP_TIME, "time"},     {OP_COMMAND, "command"}, {OP_OPEN, "open"},
    {OP_EOF, "eof"},   {OP_CLOSE, "close"},   {OP_ICMP, "icmp"},       {OP_WRITABLE, "writable"},
};
const struct names step_ops = {op_v, COUNT(op_v)};

enum step prog_decode(struct span in, struct prog *p, struct prog_step *steps, size_t cap)
{
    struct rd r = rd_of(in);

    *p = (struct prog){.steps = steps};
    if (!rd_u32(&r, &p->config))
        return STEP_MORE;
    while (p->n < cap) {
        struct rd at = r;
        struct prog_step s;
        if (!rd_u8(&at, &s.op) || !rd_u8(&at, &s.flags) || !rd_u16(&at, &s.arg) ||
            !rd_u16(&at, &s.length) || !rd_take(&at, s.length, &s.payload))
            break;
        r = at;
        steps[p->n++] = s;
    }
    p->rest = span_cut(in, r.pos, in.n);
    return STEP_ITEM;
}

void prog_put(struct wr *w, enum step_op op, uint8_t flags, uint16_t arg, struct span payload)
{
    wr_u8(w, (uint8_t)op);
    wr_u8(w, flags);
    wr_u16(w, arg);
    wr_u16(w, (uint16_t)payload.n);
    wr_put(w, payload);
}

/* ---- tables ---- */

static bool always(const void *rec)
{
    (void)rec;
    return true;
}
static bool no_rest(const void *rec)
{
    return ((const struct prog *)rec)->rest.n == 0;
}

enum { S_OP, S_FLAGS, S_ARG, S_LENGTH, S_PAYLOAD };
#define S(m, k) FIELD(struct prog_step, m, k)
static const struct field step_fields[] = {
    [S_OP] = {.name = "op", S(op, F_ENUM), .names = &step_ops},
    [S_FLAGS] = {.name = "flags", S(flags, F_UINT)},
    [S_ARG] = {.name = "arg", S(arg, F_UINT)},
    [S_LENGTH] = {.name = "length", S(length, F_UINT), .derived = always},
    [S_PAYLOAD] = {.name = "payload", S(payload, F_BYTES)},
};
static const struct desc step_desc = {"step", sizeof(struct prog_step), FIELDS(step_fields),
                                      .next = NULL};

enum { P_CONFIG, P_STEPS, P_REST };
#define P(m, k) FIELD(struct prog, m, k)
static const struct field prog_fields[] = {
    [P_CONFIG] = {.name = "config", P(config, F_UINT), .hex = true},
    [P_STEPS] = {.name = "steps",
                 P(steps, F_LIST),
                 .count = offsetof(struct prog, n),
                 .sub = &step_desc},
    [P_REST] = {.name = "rest", P(rest, F_BYTES), .absent = no_rest},
};
static const struct desc prog_desc = {"steps", sizeof(struct prog), FIELDS(prog_fields),
                                      .next = NULL};

/* ---- the codec ---- */

static unsigned guess(struct span in, uint16_t port)
{
    (void)in;
    (void)port;
    return 0; /* it is never on a wire */
}

static enum step decode(struct span in, struct arena *mem, const void **view, struct findings *fs)
{
    struct prog *p = arena_take(mem, sizeof *p);
    struct prog_step *steps = arena_take(mem, STEPS_MAX * sizeof *steps);

    (void)fs;
    *view = NULL;
    if (!p || !steps)
        return STEP_MORE;
    enum step s = prog_decode(in, p, steps, STEPS_MAX);
    if (s == STEP_ITEM)
        *view = p;
    return s;
}

static uint64_t number(const struct node *rec, const struct field *f)
{
    const struct node *n = draft_find(rec, f->name);
    return n && n->form == FORM_UINT ? n->u : 0;
}

static void put_step(struct wr *w, const struct node *item)
{
    const struct node *payload = draft_find(item, "payload"), *length = draft_find(item, "length");
    struct span s = payload && (payload->form == FORM_BYTES || payload->form == FORM_RAW)
                        ? payload->s
                        : (struct span){0};
    bool told = length && length->form == FORM_UINT;

    wr_u8(w, (uint8_t)number(item, &step_fields[S_OP]));
    wr_u8(w, (uint8_t)number(item, &step_fields[S_FLAGS]));
    wr_u16(w, (uint16_t)number(item, &step_fields[S_ARG]));
    wr_u16(w, told ? (uint16_t)length->u : (uint16_t)s.n);
    wr_put(w, s);
}

static void encode(struct wr *w, const struct draft *dr)
{
    const struct node *rest = draft_find(&dr->root, "rest");

    wr_u32(w, (uint32_t)number(&dr->root, &prog_fields[P_CONFIG]));
    for (const struct node *list = dr->root.first; list; list = list->next) {
        if (list->f != &prog_fields[P_STEPS] || list->form != FORM_KIDS)
            continue;
        for (const struct node *i = list->first; i; i = i->next)
            if (i->form == FORM_RAW)
                wr_put(w, i->s);
            else
                put_step(w, i);
    }
    if (rest && (rest->form == FORM_BYTES || rest->form == FORM_RAW))
        wr_put(w, rest->s);
}

static void brief(struct wr *w, const void *view)
{
    const struct prog *p = view;
    wr_dec(w, p->n);
    wr_text(w, " steps");
}

static void lint(const void *view, struct findings *fs)
{
    (void)view;
    (void)fs;
}

const struct codec steps_codec = {
    .name = "steps",
    .framing = FRAMING_MESSAGE,
    .view = &prog_desc,
    .guess = guess,
    .decode = decode,
    .lint = lint,
    .encode = encode,
    .brief = brief,
};
