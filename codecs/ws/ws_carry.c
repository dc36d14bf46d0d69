/* codecs/ws/ws_carry.c - what frames carry of messages, for those who only look on: nothing here condemns. */
#include "codecs/ws/ws_table.h"

enum { OPEN }; /* of the memo: whether a message has begun that can be read */

bool ws_carries(struct codec_memo *memo, struct span in, struct arena *mem,
                struct codec_piece *piece)
{
    struct findings none = {0};
    struct ws_frame f;

    if (ws_decode(in, mem, &f, &none) != STEP_ITEM || mem->full)
        return false;
    bool first = f.opcode == WS_TEXT || f.opcode == WS_BINARY;
    if (first)
        memo->v[OPEN] = !f.rsv1;
    if (!first &&
        f.opcode != WS_CONTINUATION) /* control frames may stand between the pieces of a message */
        return false;
    if (!memo->v[OPEN])
        return false;
    memo->v[OPEN] = !f.fin;
    *piece = (struct codec_piece){f.payload, first, f.fin};
    return true;
}
