/* client/fetch.c - what a service tells of itself, fetched whole. */
#include "client/fetch.h"

/* NULL: a name that is no text. */
static json_t *params_of(const char *worker, json_int_t from)
{
    return worker == NULL ? json_pack("{s:I}", "from", from)
                          : json_pack("{s:I, s:s}", "from", from, "worker", worker);
}

/* All pages of a list in one array. */
static sp_status fetch(struct cli_control *c, const char *method, const char *worker, json_t **out,
                       struct sp_error *err)
{
    json_t *all = json_array();
    json_int_t from = 0;
    for (;;) {
        json_t *page = NULL, *items = NULL, *next = NULL;
        json_t *params = params_of(worker, from);
        sp_status status = params == NULL ? sp_fail(err, SP_EINVAL, 0, "its name is not valid text")
                                          : cli_control_call(c, method, params, &page, err);
        if (status == SP_OK && json_unpack(page, "{s:o, s:o}", "items", &items, "next", &next) != 0)
            status = sp_fail(err, SP_EPROTOCOL, 0, "the service's list of %s has no items", method);
        if (status == SP_OK)
            json_array_extend(all, items);
        bool last = !json_is_integer(next) || json_integer_value(next) <= from;
        if (status == SP_OK && !last)
            from = json_integer_value(next);
        json_decref(page);
        if (status == SP_OK && !last)
            continue;
        if (status == SP_OK)
            *out = all;
        else
            json_decref(all);
        return status;
    }
}

sp_status cli_fetch(struct cli_control *c, const char *worker, struct cli_view *out,
                    struct sp_error *err)
{
    struct cli_view view = {0};
    sp_status status = cli_control_call(c, "status", NULL, &view.service, err);
    if (status == SP_OK)
        status = fetch(c, "workers", worker, &view.workers, err);
    if (status == SP_OK)
        status = fetch(c, "sessions", worker, &view.sessions, err);
    if (status == SP_OK)
        *out = view;
    else
        cli_view_deinit(&view);
    return status;
}

void cli_view_deinit(struct cli_view *view)
{
    json_decref(view->service);
    json_decref(view->workers);
    json_decref(view->sessions);
    *view = (struct cli_view){0};
}

json_t *cli_view_json(const struct cli_view *view)
{
    return json_pack("{s:O, s:O, s:O}", "service", view->service, "workers", view->workers,
                     "sessions", view->sessions);
}

const char *cli_text_of(json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text == NULL ? "" : text;
}

sp_status cli_print_json(json_t *value, struct sp_buffer *out, struct sp_error *err)
{
    size_t len = value == NULL ? 0 : json_dumpb(value, NULL, 0, JSON_INDENT(2));
    if (len == 0)
        return sp_fail(err, SP_ENOMEM, 0, "no memory for the list");
    sp_status status = sp_buffer_reserve(out, len + 1, err);
    if (status != SP_OK)
        return status;
    json_dumpb(value, (char *)out->data + out->len, len, JSON_INDENT(2));
    out->data[out->len + len] = '\n';
    out->len += len + 1;
    return SP_OK;
}
