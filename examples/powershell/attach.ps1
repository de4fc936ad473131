# examples/powershell/attach.ps1 - a client of the control protocol (docs/protocol.md), with nothing
# but PowerShell (5.1 or later): stdin, stdout, stderr and the exit code are the worker's.
#
#   powershell -File attach.ps1 standpipe sort < names.txt      (in cmd.exe)
param(
    [Parameter(Mandatory)] [string] $Pipe,
    [Parameter(Mandatory)] [string] $Worker,
    [string[]] $Arguments = @()
)
$ErrorActionPreference = 'Stop'

function Stop-Here([string] $Why, [int] $Code = 125) {
    [Console]::Error.WriteLine("${Worker}: $Why")
    exit $Code
}

# Identification: the server may learn who we are, and can't act as us.
function Open-Pipe([string] $Leaf, [string] $Direction) {
    $pipe = [IO.Pipes.NamedPipeClientStream]::new('.', $Leaf, $Direction, 'Asynchronous', 'Identification')
    $pipe.Connect(20000)
    $pipe
}

function Send-Line([hashtable] $Line) {
    $Line.jsonrpc = '2.0'
    $toService.WriteLine((ConvertTo-Json $Line -Compress -Depth 9))
}

function Read-Line {
    $text = $fromService.ReadLine()
    if ($null -eq $text) { Stop-Here 'the connection was lost' }
    $line = ConvertFrom-Json $text
    if ($line.error) {
        $codes = @{ 2 = 127; 3 = 126 } # no such worker, could not be started; all others: 125
        $code = $codes[[int] $line.error.code]
        Stop-Here $line.error.message $(if ($code) { $code } else { 125 })
    }
    $line
}

$control = Open-Pipe $Pipe 'InOut'
$utf8 = [Text.UTF8Encoding]::new($false)
$toService = [IO.StreamWriter]::new($control, $utf8)
$toService.AutoFlush = $true
$toService.NewLine = "`n"
$fromService = [IO.StreamReader]::new($control, $utf8)

Send-Line @{ id = 1; method = 'attach'; params = @{ worker = $Worker; protocol = 1; args = $Arguments } }
$names = (Read-Line).result
$stdin = Open-Pipe $names.stdin 'Out'
$stdout = Open-Pipe $names.stdout 'In'
$stderr = Open-Pipe $names.stderr 'In'
Send-Line @{ id = 2; method = 'start' }
$null = Read-Line

# The outputs are copied in the background while this thread copies stdin.
$copies = $stdout.CopyToAsync([Console]::OpenStandardOutput()), $stderr.CopyToAsync([Console]::OpenStandardError())
$own = [Console]::OpenStandardInput()
$piece = [byte[]]::new(65536)
$sent = 0
try {
    while (($length = $own.Read($piece, 0, $piece.Length)) -gt 0) {
        $stdin.Write($piece, 0, $length)
        $sent += $length
    }
    $stdin.Dispose()
    Send-Line @{ method = 'input_end'; params = @{ bytes = $sent } }
} catch [IO.IOException] {
    # The worker takes no more, and may go on all the same.
}
do { $line = Read-Line } until ($line.method -eq 'exit')
[Threading.Tasks.Task]::WaitAll($copies)
Send-Line @{ method = 'ack' }
if ($line.params.reason) { Stop-Here "the worker was ended: $($line.params.reason)" }
exit [BitConverter]::ToInt32([BitConverter]::GetBytes([uint32] $line.params.code), 0)
