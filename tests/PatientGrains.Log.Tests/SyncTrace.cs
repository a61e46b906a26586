using System.Text;
using System.Text.RegularExpressions;

namespace PatientGrains.Log.Tests;

/// <summary>
/// Reads what <c>strace -f -y -xx -s 4200 -e trace=fsync,fdatasync,write,pwrite64</c> wrote, and holds each acknowledgement against it:
/// between the write of the commit's hash into the WAL and the write of the acknowledgement, a sync of the WAL must have begun and
/// succeeded.
/// </summary>
internal static partial class SyncTrace
{
    private static readonly string Wal = Hex("-wal");

    private sealed class Call
    {
        public required string Name { get; init; }
        public required bool OnWal { get; init; }
        public required string Data { get; init; }
        public required int Began { get; init; }
        public int Ended { get; set; } = int.MaxValue;
        public bool Failed { get; set; }
    }

    /// <summary>The acknowledgements that no sync precedes, and how many there were.</summary>
    public static (List<string> Unsynced, int Acknowledged) Check(IEnumerable<string> trace)
    {
        var calls = Parse(trace);
        var syncs = calls.FindAll(c => c is { Name: "fsync" or "fdatasync", OnWal: true, Failed: false });
        var writes = calls.FindAll(c => c is { Name: "pwrite64", OnWal: true });
        var acks = calls.FindAll(c => c.Name == "write" && c.Data.StartsWith(Hex("ack "), StringComparison.Ordinal));
        var unsynced = new List<string>();
        foreach (var ack in acks)
        {
            string line = Encoding.UTF8.GetString(Convert.FromHexString(ack.Data)).TrimEnd('\n');
            string hash = line[(line.LastIndexOf(' ') + 1)..];
            var written = writes.Find(w => w.Data.Contains(hash, StringComparison.Ordinal) && w.Ended < ack.Began);
            if (written is null || !syncs.Exists(s => s.Began > written.Ended && s.Ended < ack.Began))
                unsynced.Add(line);
        }
        return (unsynced, acks.Count);
    }

    private static List<Call> Parse(IEnumerable<string> trace)
    {
        var calls = new List<Call>();
        var unfinished = new Dictionary<string, Call>();
        int at = 0;
        foreach (string line in trace)
        {
            at++;
            if (Resumed().Match(line) is { Success: true } resumed)
            {
                if (unfinished.Remove(resumed.Groups["thread"].Value, out var call))
                    End(call, at, line);
                continue;
            }
            if (Begun().Match(line) is not { Success: true } begun)
                continue;
            var begin = new Call
            {
                Name = begun.Groups["name"].Value,
                OnWal = begun.Groups["path"].Value.Replace("\\x", "").EndsWith(Wal, StringComparison.Ordinal),
                Data = begun.Groups["data"].Value.Replace("\\x", ""),
                Began = at,
            };
            calls.Add(begin);
            if (line.EndsWith("<unfinished ...>", StringComparison.Ordinal))
                unfinished[begun.Groups["thread"].Value] = begin;
            else
                End(begin, at, line);
        }
        return calls;
    }

    private static void End(Call call, int at, string line)
    {
        call.Ended = at;
        call.Failed = line.Contains(" = -1 ", StringComparison.Ordinal);
    }

    private static string Hex(string text) => Convert.ToHexStringLower(Encoding.UTF8.GetBytes(text));

    [GeneratedRegex(@"^(?<thread>\d+) +(?<name>\w+)\(\d+<(?<path>[^>]*)>(, ""(?<data>[^""]*)"")?")]
    private static partial Regex Begun();

    [GeneratedRegex(@"^(?<thread>\d+) +<\.\.\. \w+ resumed>")]
    private static partial Regex Resumed();
}
