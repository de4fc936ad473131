/* service/demo.c - the workers of a service whose config names none: this same program, so that a
 * first `standpipe attach echo` works on any machine. Written as a config and read as one. */
#include "service/demo.h"

#include <stdlib.h>

#include "core/text.h"
#include "win32/path.h"

static sp_status print_worker(struct sp_buffer *out, const char *self, const char *name,
                              const char *description, struct sp_error *err)
{
    sp_status status =
        sp_buffer_printf(out, err, "  %s:\n    description: %s\n    command: [", name, description);
    if (status == SP_OK)
        status = sp_text_quote(self, out, err);
    if (status == SP_OK)
        status = sp_buffer_printf(out, err, ", worker, %s]\n", name);
    return status;
}

sp_status svc_demo_config(const struct sp_config *base, struct sp_config *out, struct sp_error *err)
{
    struct sp_buffer yaml = {0};
    struct sp_config_problems problems = {0};
    struct sp_config config = {0};
    char *self = NULL;
    sp_status status = w32_path_self(&self, err);
    if (status == SP_OK)
        status = sp_buffer_printf(&yaml, err, "workers:\n");
    if (status == SP_OK)
        status = print_worker(&yaml, self, "echo", "gives back what it gets", err);
    if (status == SP_OK)
        status = print_worker(&yaml, self, "upper", "gives it back in capitals", err);
    if (status == SP_OK)
        status = sp_config_parse("demo workers", (struct sp_bytes){yaml.data, yaml.len}, &config,
                                 &problems, err);
    if (status == SP_OK) {
        config.loops = base->loops;
        config.dashboard_port = base->dashboard_port;
        config.drain_ms = base->drain_ms;
        config.stop_stdin_ms = base->stop_stdin_ms;
        config.stop_signal_ms = base->stop_signal_ms;
        for (size_t i = 0; i < config.worker_count; i++) {
            config.workers[i].drain_ms = base->drain_ms;
            config.workers[i].stop_stdin_ms = base->stop_stdin_ms;
            config.workers[i].stop_signal_ms = base->stop_signal_ms;
        }
        *out = config;
    }
    sp_config_problems_deinit(&problems);
    sp_buffer_deinit(&yaml);
    free(self);
    return status;
}
