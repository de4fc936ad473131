/* tests/torture/test_control.c - lines of a control connection are read and written, or there is no
 * memory; what was handed over to be sent is freed in any case. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "core/line.h"
#include "core/rpc.h"
#include "core/tail.h"
#include "tests/torture/torture.h"

static sp_status read_lines(struct sp_error *err)
{
    static const char text[] = "one\r\ntwo\n";
    struct sp_line_reader reader = {0};
    struct sp_bytes line = {0};
    sp_status status = sp_line_feed(&reader, text, sizeof text - 1, err);
    if (status == SP_OK) {
        assert_int_equal(sp_line_next(&reader, &line, err), SP_OK);
        assert_int_equal(line.len, 3);
        assert_int_equal(sp_line_next(&reader, &line, err), SP_OK);
    }
    assert_int_equal(sp_line_next(&reader, &line, err), SP_EEND);
    sp_line_deinit(&reader);
    return status;
}

static void lines_that_could_not_be_taken_in_are_not_there(void **state)
{
    (void)state;
    torture(read_lines, TORTURE_FAILS);
}

static sp_status parse(const char *line, struct sp_error *err)
{
    struct sp_rpc rpc = {.code = 77};
    sp_status status = sp_rpc_parse(sp_bytes_of(line), &rpc, err);
    if (status == SP_OK) {
        sp_rpc_deinit(&rpc);
    } else {
        assert_null(rpc.root);
        assert_int_equal(rpc.code, 77);
    }
    return status;
}

/* A right line. jansson calls it wrong where it had no memory for a text of it. */
static sp_status parse_right(const char *line, struct sp_error *err)
{
    sp_status status = parse(line, err);
    if (status == SP_ESYNTAX && torture_has_failed())
        return sp_fail(err, SP_ENOMEM, 0, "no memory for a text");
    return status;
}

static sp_status parse_request(struct sp_error *err)
{
    return parse_right("{\"jsonrpc\":\"2.0\",\"id\":\"seven\",\"method\":\"attach\",\"params\":"
                       "{\"worker\":\"w\",\"args\":[\"a\",1,2.5,null,true,{\"b\":[\"\\u00e9\"]}]}}",
                       err);
}

static sp_status parse_error(struct sp_error *err)
{
    return parse_right(
        "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32700,\"message\":\"x\"}}", err);
}

static void a_line_is_read_as_a_whole_or_not_at_all(void **state)
{
    (void)state;
    torture(parse_request, TORTURE_FAILS);
    torture(parse_error, TORTURE_FAILS);
}

/* What is wrong with a line is said, unless there is no memory. */
static sp_status refuse(const char *line, struct sp_error *err)
{
    sp_status status = parse(line, err);
    assert_int_not_equal(status, SP_OK);
    return status == SP_ESYNTAX || status == SP_EPROTOCOL ? SP_OK : status;
}

static sp_status refuse_syntax(struct sp_error *err)
{
    return refuse("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":}", err);
}

static sp_status refuse_twice(struct sp_error *err)
{
    return refuse("{\"jsonrpc\":\"2.0\",\"jsonrpc\":\"2.0\"}", err);
}

static sp_status refuse_protocol(struct sp_error *err)
{
    return refuse("{\"jsonrpc\":\"2.0\",\"id\":[1],\"method\":\"x\"}", err);
}

static void a_wrong_line_is_refused_with_and_without_memory(void **state)
{
    (void)state;
    torture(refuse_syntax, TORTURE_COPES);
    torture(refuse_twice, TORTURE_COPES);
    torture(refuse_protocol, TORTURE_COPES);
}

/* An object as the service makes them. NULL: no memory. */
static json_t *make_object(void)
{
    return json_pack("{s:s, s:[i, i]}", "worker", "w", "sizes", 1, 2);
}

/* Each kind of line behind one that is there already; what fails leaves that one alone. */
static sp_status write_line(int kind, struct sp_error *err)
{
    torture_pause();
    struct sp_buffer out = {0};
    json_t *object = make_object(), *id = json_string("seven");
    assert_int_equal(sp_buffer_append(&out, "was\n", 4, NULL), SP_OK);
    torture_resume();
    sp_status status = SP_OK;
    if (kind == 0)
        status = sp_rpc_request(&out, 7, "attach", object, err);
    else if (kind == 1)
        status = sp_rpc_notify(&out, "ended", object, err);
    else if (kind == 2)
        status = sp_rpc_result(&out, id, object, err);
    else
        status = sp_rpc_error(&out, id, SP_RPC_STATE, "no", err);
    assert_memory_equal(out.data, "was\n", 4);
    assert_int_equal(out.len > 4, status == SP_OK);
    if (kind == 3)
        json_decref(object);
    json_decref(id);
    sp_buffer_deinit(&out);
    return status;
}

static sp_status write_request(struct sp_error *err)
{
    return write_line(0, err);
}

static sp_status write_notification(struct sp_error *err)
{
    return write_line(1, err);
}

static sp_status write_result(struct sp_error *err)
{
    return write_line(2, err);
}

static sp_status write_error(struct sp_error *err)
{
    return write_line(3, err);
}

static void a_line_is_written_as_a_whole_or_not_at_all(void **state)
{
    (void)state;
    torture(write_request, TORTURE_FAILS);
    torture(write_notification, TORTURE_FAILS);
    torture(write_result, TORTURE_FAILS);
    torture(write_error, TORTURE_FAILS);
}

/* An object that could not be made is no line, and no line without its result either. */
static sp_status write_what_is_made(struct sp_error *err)
{
    struct sp_buffer out = {0};
    torture_pause();
    json_t *id = json_integer(1);
    torture_resume();
    json_t *object = make_object();
    bool is_there = object != NULL;
    sp_status status = sp_rpc_result(&out, id, object, err);
    assert_true(is_there || status == SP_ENOMEM);
    assert_int_equal(out.len > 0, status == SP_OK);
    json_decref(id);
    sp_buffer_deinit(&out);
    return status;
}

static void a_result_that_could_not_be_made_is_not_sent(void **state)
{
    (void)state;
    torture(write_what_is_made, TORTURE_FAILS);
}

static sp_status take_tail(struct sp_error *err)
{
    static const char text[] = "one\ntwo\nthree\n\nfive\n";
    struct sp_tail tail = {0};
    sp_tail_add(&tail, text, sizeof text - 1);
    json_t *lines = sp_tail_lines(&tail);
    if (lines == NULL)
        return sp_fail(err, SP_ENOMEM, 0, "no memory for the last lines");
    assert_int_equal(json_array_size(lines), 5);
    assert_string_equal(json_string_value(json_array_get(lines, 0)), "one");
    json_decref(lines);
    return SP_OK;
}

static void last_lines_are_all_there_or_none(void **state)
{
    (void)state;
    torture(take_tail, TORTURE_FAILS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_that_could_not_be_taken_in_are_not_there),
        cmocka_unit_test(a_line_is_read_as_a_whole_or_not_at_all),
        cmocka_unit_test(a_wrong_line_is_refused_with_and_without_memory),
        cmocka_unit_test(a_line_is_written_as_a_whole_or_not_at_all),
        cmocka_unit_test(a_result_that_could_not_be_made_is_not_sent),
        cmocka_unit_test(last_lines_are_all_there_or_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
