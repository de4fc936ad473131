// examples/csharp/attach.cs - a client of the control protocol (docs/protocol.md), with nothing but
// .NET: stdin, stdout, stderr and the exit code are the worker's. Every Windows has the compiler:
//
//   C:\Windows\Microsoft.NET\Framework64\v4.0.30319\csc.exe /r:System.Web.Extensions.dll attach.cs
//   attach standpipe sort < names.txt
//
// In .NET of today take System.Text.Json in the place of JavaScriptSerializer.
using System;
using System.Collections.Generic;
using System.IO;
using System.IO.Pipes;
using System.Security.Principal;
using System.Text;
using System.Threading.Tasks;
using System.Web.Script.Serialization;

static class Attach
{
    static readonly JavaScriptSerializer Json = new JavaScriptSerializer();
    static StreamWriter toService;
    static StreamReader fromService;

    // Identification: the server may learn who we are, and can't act as us.
    static NamedPipeClientStream Open(string leaf, PipeDirection direction)
    {
        var pipe = new NamedPipeClientStream(".", leaf, direction, PipeOptions.Asynchronous,
                                             TokenImpersonationLevel.Identification);
        pipe.Connect(20000);
        return pipe;
    }

    static Exception Fail(string why, int code = 125)
    {
        Console.Error.WriteLine(why);
        Environment.Exit(code);
        return new InvalidOperationException(why);
    }

    static void Say(object line)
    {
        lock (toService)
            toService.WriteLine(Json.Serialize(line));
    }

    static IDictionary<string, object> Hear()
    {
        string text = fromService.ReadLine();
        if (text == null)
            throw Fail("the connection was lost");
        var line = (IDictionary<string, object>)Json.DeserializeObject(text);
        if (!line.ContainsKey("error"))
            return line;
        var error = (IDictionary<string, object>)line["error"];
        int code = Convert.ToInt32(error["code"]);
        throw Fail((string)error["message"], code == 2 ? 127 : code == 3 ? 126 : 125);
    }

    // An answer: nothing else is said before it here.
    static IDictionary<string, object> Ask(string method, object parameters)
    {
        Say(new { jsonrpc = "2.0", id = 1, method, @params = parameters });
        return (IDictionary<string, object>)Hear()["result"];
    }

    static long Copy(Stream from, Stream to)
    {
        var piece = new byte[65536];
        long bytes = 0;
        for (int len; (len = from.Read(piece, 0, piece.Length)) > 0; bytes += len)
        {
            to.Write(piece, 0, len);
            to.Flush();
        }
        return bytes;
    }

    static void CopyInput(Stream stdin)
    {
        try
        {
            long bytes = Copy(Console.OpenStandardInput(), stdin);
            stdin.Close();
            Say(new { jsonrpc = "2.0", method = "input_end", @params = new { bytes } });
        }
        catch (IOException)
        {
            // The worker takes no more, and may go on all the same.
        }
    }

    static int Main(string[] args)
    {
        if (args.Length != 2)
            throw Fail("usage: attach PIPE WORKER", 2);
        var control = Open(args[0], PipeDirection.InOut);
        toService = new StreamWriter(control, new UTF8Encoding(false)) { AutoFlush = true, NewLine = "\n" };
        fromService = new StreamReader(control, new UTF8Encoding(false));
        var names = Ask("attach", new { worker = args[1], protocol = 1 });
        var stdin = Open((string)names["stdin"], PipeDirection.Out);
        var stdout = Open((string)names["stdout"], PipeDirection.In);
        var stderr = Open((string)names["stderr"], PipeDirection.In);
        Ask("start", new { });
        Task.Run(() => CopyInput(stdin));
        var came = new Dictionary<string, Task<long>>();
        came["stdout"] = Task.Run(() => Copy(stdout, Console.OpenStandardOutput()));
        came["stderr"] = Task.Run(() => Copy(stderr, Console.OpenStandardError()));
        for (;;)
        {
            var line = Hear();
            var told = (IDictionary<string, object>)line["params"];
            if ((string)line["method"] == "output_end" &&
                came[(string)told["stream"]].Result != Convert.ToInt64(told["bytes"]))
                throw Fail(told["bytes"] + " bytes of " + told["stream"] + " were announced; others came");
            if ((string)line["method"] != "exit")
                continue;
            Say(new { jsonrpc = "2.0", method = "ack" });
            if (told.ContainsKey("reason"))
                throw Fail("the worker was ended: " + told["reason"]);
            return unchecked((int)Convert.ToInt64(told["code"]));
        }
    }
}
