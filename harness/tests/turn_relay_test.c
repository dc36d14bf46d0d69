/* harness/tests/turn_relay_test.c - serve --relay: a sender of RTP that knows nothing of TURN is heard from the relayed
 * address, over UDP and TCP to the relay. */
#include "harness/tests/program.h"

enum { PACKETS = 25, LINE = 8192 };

/* Lines of a program, until `want` begin with `word`; the last of them is in `line`. False: it has ended. */
static bool lines_until(FILE *f, const char *word, size_t want, char line[LINE])
{
    for (size_t seen = 0; seen < want;) {
        if (!fgets(line, LINE, f))
            return false;
        seen += strncmp(line, word, strlen(word)) == 0;
    }
    return true;
}

static FILE *begun(const char *const *words, pid_t *pid)
{
    int out;

    *pid = program_start(words, &out);
    FILE *f = fdopen(out, "r");
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    return f;
}

static void ended(pid_t pid, FILE *f)
{
    kill(pid, SIGTERM);
    CU_ASSERT_EQUAL(program_end(pid), 0);
    fclose(f);
}

static void heard(const char *query)
{
    char at[64], receiver[64], relay[96], line[LINE], source[LINE], listens[LINE];
    const char *server_words[] = {"serve", "turn.server", "--listen", at, NULL},
               *receiver_words[] = {"serve",  "rtp.receiver", "--listen",
                                    receiver, "--events",     NULL},
               *sender_words[] = {"serve",          "rtp.sender", "--relay", relay, "--relay-user",
                                  "bob:bob-secret", "--to",       receiver,  NULL};
    pid_t pids[3];
    FILE *out[3];

    snprintf(at, sizeof at, "127.0.0.1:%u", program_free_port());
    snprintf(receiver, sizeof receiver, "127.0.0.1:%u", program_free_port() & ~1u);
    snprintf(relay, sizeof relay, "turn:%s%s", at, query);
    out[0] = begun(server_words, &pids[0]);
    CU_ASSERT_TRUE_FATAL(lines_until(out[0], "listening", 2, line));
    out[1] = begun(receiver_words, &pids[1]);
    CU_ASSERT_TRUE_FATAL(lines_until(out[1], "listening", 1, line));
    out[2] = begun(sender_words, &pids[2]);
    CU_ASSERT_TRUE(lines_until(out[2], "listening", 1, listens)); /* at the relayed address */
    CU_ASSERT_TRUE(lines_until(out[1], "source", 1, source));
    char *from = strchr(listens, ' ') + 1;
    from[strcspn(from, "\n")] = '\0';
    CU_ASSERT_PTR_NOT_NULL(strstr(source, from));
    CU_ASSERT_TRUE(lines_until(out[1], "played", PACKETS, line));
    for (size_t i = 3; i-- > 0;)
        ended(pids[i], out[i]);
}

static void sender(void)
{
    if (!program_ready())
        return;
    heard("");
    heard("?transport=tcp");
}

static void refused(void)
{
    if (!program_ready())
        return;
    CU_ASSERT_TRUE(program_gives("serve rtp.sender --relay 127.0.0.1:3478 --to 127.0.0.1:9", 2));
    program_said("'127.0.0.1:3478' is no relay; one looks like turn:127.0.0.1:3478");
    CU_ASSERT_TRUE(program_gives("serve rtp.sender --relay turn:127.0.0.1 --relay-user alice", 2));
    program_said("--relay-user is NAME:PASSWORD, not 'alice'");
}

TESTS({"sender", sender}, {"refused", refused})
