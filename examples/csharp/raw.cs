// examples/csharp/raw.cs - a client of a raw endpoint, with nothing but .NET: our stdin goes to the
// worker, what it says to our stdout. Every Windows has the compiler:
//
//   C:\Windows\Microsoft.NET\Framework64\v4.0.30319\csc.exe raw.cs
//   raw standpipe\sort < names.txt
using System;
using System.IO;
using System.IO.Pipes;
using System.Runtime.InteropServices;
using System.Security.Principal;
using System.Threading;
using System.Threading.Tasks;
using Microsoft.Win32.SafeHandles;

static class Raw
{
    [DllImport("kernel32.dll", SetLastError = true)]
    static extern bool WriteFile(SafePipeHandle pipe, byte[] bytes, int len, IntPtr written,
                                 IntPtr overlapped);

    // An empty message is the end of the worker's stdin, and a PipeStream writes none: Windows must be
    // asked. The lowest bit of the event keeps the completion from the stream, which knows nothing of it.
    static void EndInput(PipeStream worker)
    {
        using (var done = new ManualResetEvent(false))
        {
            var operation = new NativeOverlapped();
            operation.EventHandle = new IntPtr(done.SafeWaitHandle.DangerousGetHandle().ToInt64() | 1);
            IntPtr overlapped = Marshal.AllocHGlobal(Marshal.SizeOf(operation));
            Marshal.StructureToPtr(operation, overlapped, false);
            const int pending = 997;
            if (WriteFile(worker.SafePipeHandle, new byte[1], 0, IntPtr.Zero, overlapped) ||
                Marshal.GetLastWin32Error() == pending)
                done.WaitOne();
            Marshal.FreeHGlobal(overlapped);
        }
    }

    static void CopyInput(PipeStream worker)
    {
        try
        {
            Console.OpenStandardInput().CopyTo(worker);
            EndInput(worker);
        }
        catch (IOException)
        {
            // The worker takes no more, and may go on all the same.
        }
    }

    static int Main(string[] args)
    {
        if (args.Length != 1)
        {
            Console.Error.WriteLine(@"usage: raw standpipe\WORKER");
            return 2;
        }
        // Asynchronous: on another handle a read that waits would hold up every write. Identification:
        // the server may learn who we are, and can't act as us.
        using (var worker = new NamedPipeClientStream(".", args[0], PipeDirection.InOut,
                                                      PipeOptions.Asynchronous,
                                                      TokenImpersonationLevel.Identification))
        {
            worker.Connect(20000);
            Task.Run(() => CopyInput(worker));
            worker.CopyTo(Console.OpenStandardOutput()); // its end is that of the worker's output
        }
        return 0;
    }
}
