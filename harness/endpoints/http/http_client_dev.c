#include "harness/endpoints/http/http_client.h"
const struct deviation http_client_faults[HTTP_CLIENT_FAULTS] = {
    {"goes-on-after-close", "RFC9112:9.6#2a", "flag", DEV_FLAG, NULL, NULL, NULL}};
const struct deviation http_client_variants[HTTP_CLIENT_VARIANTS] = {
    {"strongest-first", "RFC7616:3.7#3", "flag", DEV_FLAG, NULL, NULL, NULL}};
