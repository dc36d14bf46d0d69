/* codecs/rtp/rtcp_names.c - packet types, SDES items and report blocks by name and by layout. */
#include "codecs/rtp/rtcp_table.h"

static const struct name type_v[] = {
    {RTCP_SR, "SR"},       {RTCP_RR, "RR"},       {RTCP_SDES, "SDES"}, {RTCP_BYE, "BYE"},
    {RTCP_APP, "APP"},     {RTCP_XR, "XR"},       {RTCP_NACK, "NACK"}, {RTCP_TMMBR, "TMMBR"},
    {RTCP_TMMBN, "TMMBN"}, {RTCP_PLI, "PLI"},     {RTCP_SLI, "SLI"},   {RTCP_RPSI, "RPSI"},
    {RTCP_FIR, "FIR"},     {RTCP_TSTR, "TSTR"},   {RTCP_TSTN, "TSTN"}, {RTCP_VBCM, "VBCM"},
    {RTCP_AFB, "AFB"},     {RTCP_RTPFB, "RTPFB"}, {RTCP_PSFB, "PSFB"},
};
static const struct name item_v[] = {
    {RTCP_CNAME, "CNAME"}, {RTCP_NAME, "NAME"}, {RTCP_EMAIL, "EMAIL"}, {RTCP_PHONE, "PHONE"},
    {RTCP_LOC, "LOC"},     {RTCP_TOOL, "TOOL"}, {RTCP_NOTE, "NOTE"},   {RTCP_PRIV, "PRIV"},
};
static const struct name xr_v[] = {
    {RTCP_XR_LOSS_RLE, "LOSS-RLE"},
    {RTCP_XR_DUPLICATE_RLE, "DUPLICATE-RLE"},
    {RTCP_XR_RECEIPT_TIMES, "RECEIPT-TIMES"},
    {RTCP_XR_REFERENCE_TIME, "REFERENCE-TIME"},
    {RTCP_XR_DLRR, "DLRR"},
    {RTCP_XR_STATISTICS, "STATISTICS"},
    {RTCP_XR_VOIP, "VOIP-METRICS"},
};
const struct names rtcp_types = {type_v, COUNT(type_v)};
const struct names rtcp_item_types = {item_v, COUNT(item_v)};
const struct names rtcp_xr_types = {xr_v, COUNT(xr_v)};

/* ---- layouts ---- */

const struct layout *rtcp_layout_of_type(uint64_t type)
{
    static const struct {
        uint16_t type;
        uint8_t kind;
    } kinds[] = {
        {RTCP_SR, RTCP_K_SR},     {RTCP_RR, RTCP_K_RR},      {RTCP_SDES, RTCP_K_SDES},
        {RTCP_BYE, RTCP_K_BYE},   {RTCP_APP, RTCP_K_APP},    {RTCP_XR, RTCP_K_XR},
        {RTCP_NACK, RTCP_K_NACK}, {RTCP_TMMBR, RTCP_K_TMMB}, {RTCP_TMMBN, RTCP_K_TMMB},
        {RTCP_PLI, RTCP_K_PLI},   {RTCP_SLI, RTCP_K_SLI},    {RTCP_RPSI, RTCP_K_RPSI},
        {RTCP_FIR, RTCP_K_FIR},   {RTCP_TSTR, RTCP_K_TST},   {RTCP_TSTN, RTCP_K_TST},
        {RTCP_VBCM, RTCP_K_VBCM}, {RTCP_AFB, RTCP_K_REMB},
    };
    uint64_t pt = type > 0xff ? type >> 8 : type;

    for (size_t i = 0; i < COUNT(kinds); i++)
        if (kinds[i].type == type)
            return rtcp_kinds[kinds[i].kind];
    return pt == RTCP_RTPFB || pt == RTCP_PSFB ? rtcp_kinds[RTCP_K_FB] : rtcp_kinds[RTCP_K_RAW];
}
