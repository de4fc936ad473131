/* core/args_completion.c - what a shell needs to complete a program's command line. */
#include "core/args_completion.h"

#include <string.h>

#include "core/text.h"

static const char head[] = "# Completes %s in PowerShell. In your profile ($PROFILE):\n"
                           "#   %s completion powershell | Out-String | Invoke-Expression\n"
                           "Register-ArgumentCompleter -Native -CommandName %s -ScriptBlock {\n"
                           "    param($word, $ast, $cursor)\n"
                           "    $verbs = [ordered]@{\n";

static const char tail[] =
    "    }\n"
    "    $words = @($ast.CommandElements | ForEach-Object { \"$_\" })\n"
    "    $verb = if ($words.Count -gt 1) { $words[1] } else { '' }\n"
    "    $offer = [ordered]@{}\n"
    "    if (-not $verbs.Contains($verb) -or ($words.Count -eq 2 -and $word -ne '')) {\n"
    "        foreach ($name in $verbs.Keys) { $offer[$name] = $verbs[$name].Help }\n"
    "    } elseif ($word -like '-*') {\n"
    "        $offer = $verbs[$verb].Options\n"
    "    } elseif ($verbs[$verb].Worker) {\n"
    "        $where = @()\n"
    "        for ($i = 2; $i -lt $words.Count - 1; $i++) {\n"
    "            if ($words[$i] -in '--pipe', '--host', '-H') { $where += $words[$i], $words[$i + 1] }\n"
    "        }\n"
    "        try {\n"
    "            $served = & %s ps --json @where 2>$null | ConvertFrom-Json\n"
    "            foreach ($w in $served.workers) { $offer[$w.worker] = \"$($w.description)\" }\n"
    "        } catch { }\n"
    "    }\n"
    "    $offer.Keys | Where-Object { $_ -like \"$word*\" } | ForEach-Object {\n"
    "        $about = if ($offer[$_]) { $offer[$_] } else { $_ }\n"
    "        [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $about)\n"
    "    }\n"
    "}\n";

static sp_status print_option(const char *dashes, const char *name, const char *help,
                              struct sp_buffer *out, struct sp_error *err)
{
    sp_status status = sp_buffer_printf(out, err, " '%s%s' = ", dashes, name);
    if (status == SP_OK)
        status = sp_text_quote(help, out, err);
    return status == SP_OK ? sp_buffer_append(out, ";", 1, err) : status;
}

static sp_status print_verb(const struct sp_verb *verb, struct sp_buffer *out, struct sp_error *err)
{
    bool worker = verb->operands != NULL && strstr(verb->operands, "WORKER") != NULL;
    sp_status status = sp_buffer_printf(out, err, "        '%s' = @{ Help = ", verb->name);
    if (status == SP_OK)
        status = sp_text_quote(verb->summary, out, err);
    if (status == SP_OK)
        status = sp_buffer_printf(out, err, "; Worker = $%s; Options = [ordered]@{",
                                  worker ? "true" : "false");
    for (size_t i = 0; status == SP_OK && i < verb->option_count; i++) {
        const struct sp_option *option = &verb->options[i];
        const char letter[] = {option->letter, '\0'};
        status = print_option("--", option->name, option->help, out, err);
        if (status == SP_OK && option->letter != 0)
            status = print_option("-", letter, option->help, out, err);
    }
    if (status == SP_OK)
        status = print_option("--", "help", "All about this verb", out, err);
    return status == SP_OK ? sp_buffer_printf(out, err, " } }\n") : status;
}

sp_status sp_completion_powershell(const struct sp_program *program, struct sp_buffer *out,
                                   struct sp_error *err)
{
    size_t start = out->len;
    const char *name = program->name;
    sp_status status = sp_buffer_printf(out, err, head, name, name, name);
    for (size_t i = 0; status == SP_OK && i < program->verb_count; i++)
        if (program->verbs[i]->summary != NULL)
            status = print_verb(program->verbs[i], out, err);
    if (status == SP_OK)
        status = sp_buffer_printf(out, err, tail, name);
    if (status != SP_OK)
        out->len = start;
    return status;
}
