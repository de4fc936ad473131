/* client/causes.c - what stands behind an error of opening a service's pipe. The codes are Windows'
 * own; Wine has no SMB behind pipe names, so that only the first table can be seen there. */
#include "client/causes.h"

#include <string.h>

/* What several errors have in common. */
#define CAN_IT_BE_REACHED "is it on, and can it be reached? ping @"
#define IS_SMB_OPEN                                                                                \
    "is SMB let through? In PowerShell: Test-NetConnection @ -Port 445; if not, let \"File and "   \
    "Printer Sharing (SMB-In)\" in at @'s firewall"
#define OTHER_ACCOUNT  "log on with another account: net use \\\\@\\IPC$ /user:DOMAIN\\NAME"
#define THE_NAME_ALONE "the name alone, without slashes, or an address: -H FILESERVER"
#define ITS_OWN_DOCTOR "on @: standpipe doctor --pipe #"

static const struct cli_cause here[] = {
    {2,
     CLI_LEG_PIPE,
     "no service listens on pipe '#' of this machine",
     {"if the service has another pipe, name it with --pipe; standpiped status shows it"}},
    {5,
     CLI_LEG_ACCESS,
     "the service on pipe '#' does not let this account in",
     {"its config's allow must name this account or a group of it (whoami /all shows them): ask "
      "its administrator",
      "administrators have that right in an elevated prompt alone (Run as administrator)"}},
    {121,
     CLI_LEG_PIPE,
     "the service on pipe '#' is there, and took no connection in time: it is overloaded or hangs",
     {"try again; if that lasts, look into its log (standpiped status says where), then in an "
      "elevated prompt: standpiped stop, standpiped start"}},
    {0},
};

static const struct cli_cause elsewhere[] = {
    {2,
     CLI_LEG_PIPE,
     "@ answers and has no pipe '#' for other machines: no service listens on it, or no worker of "
     "it says remote: true",
     {ITS_OWN_DOCTOR,
      "a worker that is to be had from here needs remote: true in the config of @"}},
    {3,
     CLI_LEG_NETWORK,
     "pipes of other machines can't be opened from here: \"@\" is no machine's name, or this "
     "system has no SMB client",
     {THE_NAME_ALONE, "in an elevated prompt: sc query LanmanWorkstation"}},
    {5,
     CLI_LEG_ACCESS,
     "@ answers and refuses this account: the service's pipe does not let it in, or no worker says "
     "remote: true, or @ lets it in from no network (policy \"Access this computer from the "
     "network\")",
     {"does the machine let you in at all? net use \\\\@\\IPC$",
      "on @, as its administrator: standpipe access --account DOMAIN\\NAME WORKER", OTHER_ACCOUNT}},
    {50,
     CLI_LEG_NETWORK,
     "@ answers and has no pipes for other machines: it is no Windows machine, or shares nothing",
     {"on @, in an elevated prompt: sc query LanmanServer"}},
    {51, CLI_LEG_NETWORK, "@ does not answer", {CAN_IT_BE_REACHED, IS_SMB_OPEN}},
    {53,
     CLI_LEG_NETWORK,
     "no machine answers as \"@\": the name is not known, or SMB (TCP port 445) is blocked on the "
     "way or by its firewall",
     {"is the name known? nslookup @", CAN_IT_BE_REACHED, IS_SMB_OPEN}},
    {54, CLI_LEG_NETWORK, "the network or @ is too busy", {"try again"}},
    {58, CLI_LEG_NETWORK, "@ does not answer as SMB does", {IS_SMB_OPEN}},
    {59, CLI_LEG_NETWORK, "the network failed on the way to @", {CAN_IT_BE_REACHED, IS_SMB_OPEN}},
    {64,
     CLI_LEG_NETWORK,
     "@ broke the connection off: something on the way, or its policy, does not let SMB through",
     {IS_SMB_OPEN, "do both machines want the same of SMB? In PowerShell: "
                   "Get-SmbClientConfiguration, and on @ Get-SmbServerConfiguration"}},
    {65,
     CLI_LEG_LOGON,
     "@ lets this account do nothing from the network",
     {"on @: the policy \"Access this computer from the network\" must have it (secpol.msc)"}},
    {67,
     CLI_LEG_NETWORK,
     "@ is there and shares nothing, not even its pipes (IPC$)",
     {"on @, in an elevated prompt: sc query LanmanServer", "net view \\\\@"}},
    {71,
     CLI_LEG_LOGON,
     "@ takes no more connections of other machines: a Windows that is no server takes 20",
     {"on @, in an elevated prompt: net session"}},
    {86, CLI_LEG_LOGON, "@ does not take this password", {OTHER_ACCOUNT}},
    {121,
     CLI_LEG_NETWORK,
     "nothing came back from @ in time: packets to it are dropped, or the service on its pipe '#' "
     "takes no connection",
     {IS_SMB_OPEN, ITS_OWN_DOCTOR}},
    {123, CLI_LEG_NETWORK, "\"@\" can't be a machine's name", {THE_NAME_ALONE}},
    {161, CLI_LEG_NETWORK, "\"@\" can't be a machine's name", {THE_NAME_ALONE}},
    {240, CLI_LEG_NETWORK, "the connection to @ was lost", {"try again", IS_SMB_OPEN}},
    {1203,
     CLI_LEG_NETWORK,
     "nothing here knows a network in which \"@\" is",
     {"is the name known? nslookup @", "in an elevated prompt: sc query LanmanWorkstation"}},
    {1219,
     CLI_LEG_LOGON,
     "this session is connected to @ with another account already, and Windows takes one at a time",
     {"see them: net use", "end that one: net use \\\\@\\IPC$ /delete"}},
    {1222, CLI_LEG_NETWORK, "there is no network here", {CAN_IT_BE_REACHED}},
    {1231,
     CLI_LEG_NETWORK,
     "the network of @ can't be reached from here: no route, or a VPN that is down",
     {CAN_IT_BE_REACHED, "route print"}},
    {1232, CLI_LEG_NETWORK, "@ can't be reached", {CAN_IT_BE_REACHED, IS_SMB_OPEN}},
    {1234, CLI_LEG_NETWORK, "on @ nothing listens for SMB (TCP port 445)", {IS_SMB_OPEN}},
    {1236, CLI_LEG_NETWORK, "the connection to @ was aborted", {"try again", IS_SMB_OPEN}},
    {1240, CLI_LEG_LOGON, "this account may not log on from this machine", {OTHER_ACCOUNT}},
    {1272,
     CLI_LEG_LOGON,
     "@ would let this machine in as a guest, and this machine's policy forbids that",
     {OTHER_ACCOUNT}},
    {1311,
     CLI_LEG_LOGON,
     "no domain controller could be asked who you are",
     {"is the domain reached? nltest /dsgetdc:"}},
    {1326,
     CLI_LEG_LOGON,
     "@ does not know this account, or its password there is another",
     {OTHER_ACCOUNT, "keep it for later: cmdkey /add:@ /user:DOMAIN\\NAME /pass",
      "accounts of both machines' own must have the same name and password"}},
    {1327,
     CLI_LEG_LOGON,
     "a restriction keeps this account out: accounts without a password may not come from the "
     "network",
     {OTHER_ACCOUNT}},
    {1328, CLI_LEG_LOGON, "this account may not log on at this hour", {OTHER_ACCOUNT}},
    {1329, CLI_LEG_LOGON, "this account may not log on to @", {OTHER_ACCOUNT}},
    {1330, CLI_LEG_LOGON, "this account's password has expired", {"change it, and log on anew"}},
    {1331, CLI_LEG_LOGON, "this account is disabled", {OTHER_ACCOUNT}},
    {1385,
     CLI_LEG_LOGON,
     "the policy of @ does not let this account in from the network",
     {"on @ (secpol.msc, User Rights Assignment): \"Access this computer from the network\" must "
      "have it, \"Deny access to this computer from the network\" must not"}},
    {1396,
     CLI_LEG_LOGON,
     "\"@\" is another name of that machine, and Kerberos does not know it",
     {"take the machine's own name", "or let it be known, as a domain administrator: setspn -S "
                                     "cifs/@ MACHINE"}},
    {1397, CLI_LEG_LOGON, "@ could not prove who it is", {"take the machine's own full name"}},
    {1398,
     CLI_LEG_LOGON,
     "the clocks of this machine and of @ differ by too much for Kerberos",
     {"w32tm /resync"}},
    {1793, CLI_LEG_LOGON, "this account has expired", {OTHER_ACCOUNT}},
    {1907,
     CLI_LEG_LOGON,
     "this account's password must be changed first",
     {"change it, and log on anew"}},
    {1909,
     CLI_LEG_LOGON,
     "this account is locked out",
     {"wait until it is unlocked, or ask its administrator"}},
    {0},
};

const struct cli_cause *cli_cause_of(uint32_t os, bool remote)
{
    for (const struct cli_cause *cause = remote ? elsewhere : here; cause->os != 0; cause++)
        if (cause->os == os)
            return cause;
    return NULL;
}

sp_status cli_cause_print(const char *text, const char *host, const char *pipe,
                          struct sp_buffer *out, struct sp_error *err)
{
    size_t start = out->len;
    sp_status status = SP_OK;
    while (status == SP_OK && *text != '\0') {
        size_t len = strcspn(text, "@#");
        status = sp_buffer_append(out, text, len, err);
        text += len;
        if (status == SP_OK && *text != '\0') {
            const char *name = *text == '#' ? pipe : host == NULL ? "this machine" : host;
            status = sp_buffer_append(out, name, strlen(name), err);
            text++;
        }
    }
    if (status != SP_OK)
        out->len = start;
    return status;
}
