/* codecs/http/http_table.h - the field tables, for the encoder; inside codecs/http only. */
#ifndef CODECS_HTTP_HTTP_TABLE_H
#define CODECS_HTTP_HTTP_TABLE_H
#include "codecs/http/http.h"

enum { HEADER_NAME, HEADER_VALUE, HEADER_LINE, HEADER_COUNT };
enum { CHUNK_SIZE, CHUNK_EXT, CHUNK_LINE, CHUNK_DATA, CHUNK_END, CHUNK_COUNT };
enum {
    MSG_METHOD,
    MSG_TARGET,
    MSG_FORM,
    MSG_VERSION,
    MSG_STATUS,
    MSG_REASON,
    MSG_START,
    MSG_HEADERS,
    MSG_BLANK,
    MSG_FRAMING,
    MSG_BODY,
    MSG_CHUNKS,
    MSG_TRAILERS,
    MSG_END,
    MSG_REST,
    MSG_COUNT
};
extern const struct field http_header_fields[], http_chunk_fields[], http_msg_fields[];
#endif
