/* core/openmetrics.c - metrics as text. */
#include "core/openmetrics.h"

#include <stdint.h>
#include <string.h>

static void add(struct sp_metrics *m, const char *text, size_t len)
{
    if (m->status == SP_OK)
        m->status = sp_buffer_append(m->out, text, len, NULL);
}

static void add_text(struct sp_metrics *m, const char *text)
{
    add(m, text, strlen(text));
}

/* In a label's value and in a HELP there are three that must be escaped. */
static void add_escaped(struct sp_metrics *m, const char *text)
{
    for (const char *p = text; *p != '\0'; p++) {
        if (*p == '\n')
            add_text(m, "\\n");
        else if (*p == '"' || *p == '\\') {
            add(m, "\\", 1);
            add(m, p, 1);
        } else
            add(m, p, 1);
    }
}

static void add_meta(struct sp_metrics *m, const char *what, const char *text)
{
    add_text(m, "# ");
    add_text(m, what);
    add_text(m, " ");
    add_text(m, m->family->name);
    add_text(m, " ");
    add_escaped(m, text);
    add_text(m, "\n");
}

void sp_metrics_family(struct sp_metrics *m, const struct sp_family *family)
{
    m->family = family;
    add_meta(m, "TYPE", family->counter ? "counter" : "gauge");
    if (family->unit != NULL)
        add_meta(m, "UNIT", family->unit);
    add_meta(m, "HELP", family->help);
}

void sp_metrics_sample(struct sp_metrics *m, const struct sp_label *labels, size_t label_count,
                       double value)
{
    add_text(m, m->family->name);
    if (m->family->counter)
        add_text(m, "_total");
    for (size_t i = 0; i < label_count; i++) {
        add_text(m, i == 0 ? "{" : ",");
        add_text(m, labels[i].name);
        add_text(m, "=\"");
        add_escaped(m, labels[i].value);
        add_text(m, i + 1 == label_count ? "\"}" : "\"");
    }
    /* Whole numbers are written as such, up to where a double knows every one. */
    const double most = 9007199254740992.0;
    bool whole = value > -most && value < most && (double)(int64_t)value == value;
    if (m->status == SP_OK)
        m->status = sp_buffer_printf(m->out, NULL, whole ? " %.0f\n" : " %.15g\n", value);
}

sp_status sp_metrics_end(struct sp_metrics *m, struct sp_error *err)
{
    add_text(m, "# EOF\n");
    return m->status == SP_OK ? SP_OK
                              : sp_fail(err, m->status, 0, "the metrics can't be printed: %s",
                                        sp_status_name(m->status));
}
