# examples/powershell/raw.ps1 - a client of a raw endpoint, with nothing but PowerShell (5.1 or later):
# for a worker that answers each line with a line.
#
#   'one', 'two' | .\raw.ps1 standpipe\upper
#
# .NET's pipes write no empty message, which would be the end of the worker's stdin, so this leaves
# when it has its answers. attach.ps1 is for workers that must see an end.
param(
    [Parameter(Mandatory)] [string] $Endpoint,
    [Parameter(ValueFromPipeline)] [string] $Line
)
begin {
    $ErrorActionPreference = 'Stop'
    $worker = [IO.Pipes.NamedPipeClientStream]::new(
        '.', $Endpoint, 'InOut', 'Asynchronous', 'Identification')
    $worker.Connect(20000)
    $utf8 = [Text.UTF8Encoding]::new($false)
    $toWorker = [IO.StreamWriter]::new($worker, $utf8)
    $toWorker.AutoFlush = $true
    $fromWorker = [IO.StreamReader]::new($worker, $utf8)
}
process {
    $toWorker.WriteLine($Line)
    $answer = $fromWorker.ReadLine()
    if ($null -eq $answer) { throw 'the worker has ended' }
    $answer
}
end {
    $worker.Dispose()
}
