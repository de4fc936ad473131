/* bench/plan.c - the order of a run. */
#include "bench/plan.h"

#include "bench/progress.h"

/* What is done for each contestant in a round. */
struct step {
    enum bench_figure figure; /* what its time is of */
    enum bench_figure also;   /* taken in the same go, even if the first is not wanted */
    sp_status (*take)(struct bench *b, enum bench_figure figure, enum bench_contestant who,
                      struct sp_error *err);
    bool once; /* in the first round alone */
};

static const struct step steps[] = {
    {BENCH_UPLOAD, BENCH_UPLOAD, bench_take_transfer, false},
    {BENCH_DOWNLOAD, BENCH_DOWNLOAD, bench_take_transfer, false},
    {BENCH_ECHO, BENCH_ECHO, bench_take_transfer, false},
    {BENCH_FIRST_BYTE, BENCH_TRIP_1, bench_take_session, false},
    {BENCH_CROWD_FEW, BENCH_CROWD_FEW, bench_take_crowd, false},
    {BENCH_CROWD_MANY, BENCH_CROWD_MANY, bench_take_crowd, false},
    {BENCH_GATHER, BENCH_GATHER, bench_take_gather, false},
    {BENCH_WORKERS_START, BENCH_WORKERS_START, bench_take_workers, false},
    {BENCH_IDLE_ATTACH, BENCH_IDLE_ATTACH, bench_take_idle, false},
    {BENCH_FLAT_TIME, BENCH_FLAT_TIME, bench_take_flat, true},
};

/* NODE's large crowd takes minutes: one says enough. */
static bool only_once(const struct step *step, int who)
{
    return step->once || (step->figure == BENCH_CROWD_MANY && who == BENCH_NODE);
}

static bool wanted(const struct bench_results *r, const struct step *step, size_t round, int who)
{
    return (round == 0 || !only_once(step, who)) &&
           (bench_takes_part(r, step->figure, (enum bench_contestant)who) ||
            bench_takes_part(r, step->also, (enum bench_contestant)who));
}

static size_t count_steps(const struct bench_results *r)
{
    size_t count = 0;
    for (size_t round = 0; round < r->rounds; round++)
        for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
            for (int who = 0; who < BENCH_CONTESTANTS; who++)
                count += wanted(r, &steps[i], round, who);
    return count;
}

/* What to call a step: what it is wanted for. */
static struct bench_title title_of(const struct bench_results *r, const struct step *step)
{
    bool first = (r->groups >> bench_figures[step->figure].group & 1) != 0;
    return bench_figure_title(r, first ? step->figure : step->also);
}

static sp_status take(struct bench *b, const struct step *step, size_t round, struct sp_error *err)
{
    const struct bench_results *r = &b->results;
    struct bench_title title = title_of(r, step);
    sp_status status = SP_OK;
    for (int who = 0; status == SP_OK && who < BENCH_CONTESTANTS; who++) {
        if (!wanted(r, step, round, who))
            continue;
        bench_progress_step(round + 1, r->rounds, title.text, bench_contestants[who].name);
        status = step->take(b, step->figure, (enum bench_contestant)who, err);
        if (status != SP_OK)
            sp_error_prefix(err, "%s, %s: ", title.text, bench_contestants[who].name);
    }
    return status;
}

sp_status bench_run(struct bench *b, struct sp_error *err)
{
    sp_status status = SP_OK;
    bench_progress_begin(count_steps(&b->results));
    for (size_t round = 0; status == SP_OK && round < b->results.rounds; round++)
        for (size_t i = 0; status == SP_OK && i < sizeof steps / sizeof *steps; i++)
            status = take(b, &steps[i], round, err);
    bench_progress_end();
    return status;
}
