#include "harness/endpoints/http/http_server.h"
const struct deviation http_server_faults[HTTP_SERVER_FAULTS] = {
    {"answers-swapped", "RFC9112:9.3.2#2b", "flag", DEV_FLAG, NULL, NULL, NULL}};
const struct deviation http_server_variants[HTTP_SERVER_VARIANTS] = {
    {"keep-alive-said", "RFC9112:9.3#a3", "flag", DEV_FLAG, NULL, NULL, NULL}};
