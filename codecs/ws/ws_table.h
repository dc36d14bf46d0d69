/* codecs/ws/ws_table.h - the field table, for the encoder, and what files share; inside codecs/ws only. */
#ifndef CODECS_WS_WS_TABLE_H
#define CODECS_WS_WS_TABLE_H
#include "codecs/ws/ws.h"

enum { /* the first four in the order of their bits; the payload is CODE to PAYLOAD */
       FRAME_FIN,
       FRAME_RSV1,
       FRAME_RSV2,
       FRAME_RSV3,
       FRAME_OPCODE,
       FRAME_MASKED,
       FRAME_BITS,
       FRAME_LENGTH,
       FRAME_KEY,
       FRAME_CODE,
       FRAME_REASON,
       FRAME_TEXT,
       FRAME_PAYLOAD,
       FRAME_REST,
       FRAME_COUNT
};
extern const struct field ws_frame_fields[];
extern const struct names ws_opcodes;

/* Code and reason of a frame whose payload is there, where it is a Close that has them. */
void ws_close_get(struct ws_frame *f);
/* For the descriptor: the payload of a data frame. What an extension has packed (RSV1) is nothing that can be read. */
bool ws_carries(struct codec_memo *memo, struct span in, struct arena *mem,
                struct codec_piece *piece);
#endif
