/* service/generation.c - a config as it was read once. */
#include "service/generation.h"

#include <stdlib.h>

#include "service/demo.h"
#include "win32/process.h"

static sp_status use(struct svc_generation *g, const struct sp_config *base, struct sp_error *err)
{
    g->base = g->config = base;
    if (g->read_at == 0)
        g->read_at = w32_unix_time();
    if (base->worker_count > 0)
        return SP_OK;
    sp_status status = svc_demo_config(base, &g->demo, err);
    if (status == SP_OK)
        g->config = &g->demo;
    return status;
}

sp_status svc_generation_of(const struct sp_config *config, struct svc_generation **out,
                            struct sp_error *err)
{
    struct svc_generation *g = calloc(1, sizeof *g);
    if (g == NULL)
        return sp_fail(err, SP_ENOMEM, 0, "no memory for a config");
    sp_status status = use(g, config, err);
    if (status == SP_OK)
        *out = g;
    else
        svc_generation_close(g);
    return status;
}

sp_status svc_generation_read(const char *path, struct svc_generation **out, struct sp_error *err)
{
    struct svc_generation *g = calloc(1, sizeof *g);
    if (g == NULL)
        return sp_fail(err, SP_ENOMEM, 0, "no memory for a config");
    g->read_at = w32_unix_time();
    sp_status status = svc_config_file_read(path, &g->file, err);
    if (status == SP_OK)
        status = use(g, &g->file.config, err);
    if (status == SP_OK || status == SP_ESYNTAX)
        *out = g;
    else
        svc_generation_close(g);
    return status;
}

bool svc_generation_has(const struct svc_generation *g, const struct sp_worker_config *worker)
{
    return worker >= g->config->workers && worker < g->config->workers + g->config->worker_count;
}

bool svc_generation_is_remote(const struct svc_generation *g)
{
    for (size_t i = 0; i < g->config->worker_count; i++)
        if (g->config->workers[i].remote)
            return true;
    return false;
}

void svc_generation_close(struct svc_generation *g)
{
    if (g == NULL)
        return;
    svc_config_file_deinit(&g->file);
    sp_config_deinit(&g->demo);
    free(g);
}
