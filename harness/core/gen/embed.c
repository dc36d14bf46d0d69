/* harness/core/gen/embed.c - a file as an array of octets: embed NAME IN OUT.c. A host tool. */
#include <stdio.h>

int main(int argc, char **argv)
{
    FILE *in = argc == 4 ? fopen(argv[2], "rb") : NULL;
    FILE *out = in ? fopen(argv[3], "w") : NULL;
    size_t n = 0;

    if (!out) {
        fprintf(stderr, "embed: usage: embed NAME IN OUT\n");
        return 1;
    }
    fprintf(out,
            "#include <stddef.h>\nextern const unsigned char %s[];\nextern const size_t %s_n;\n"
            "const unsigned char %s[] = {",
            argv[1], argv[1], argv[1]);
    for (int c; (c = fgetc(in)) != EOF; n++)
        fprintf(out, "%s%d,", n % 24 == 0 ? "\n" : "", c);
    fprintf(out, "\n0};\nconst size_t %s_n = %zu;\n", argv[1], n);
    fclose(in);
    return fclose(out) == 0 ? 0 : 1;
}
