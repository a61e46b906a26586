using System.Diagnostics;
using System.Globalization;
using PatientGrains.Log.CrashChild;

namespace PatientGrains.Log.Tests;

/// <summary>The load in a process of its own, on a data folder of its own or on the store of an address.</summary>
internal sealed class Child : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly string _address;

    public Child(string? address = null)
    {
        KeyRing.Create(RingPath).Dispose();
        _address = address ?? Address.OfFolder(Folder);
    }

    public string Folder => Path.Combine(_folder.Path, "data");

    public string RingPath => Path.Combine(_folder.Path, "ring.json");

    public string TracePath => Path.Combine(_folder.Path, "trace");

    /// <summary>Runs it, under another program when one is named, and gives the lines it said. Kills it after as many acknowledgements as
    /// told, or when it is time; calls back at the first, and at each. It does not outlive the call, or this process.</summary>
    public async Task<List<string>> Run(
        string run, int decisions = 0, string pragmas = "", string[]? under = null, int killAfterAcks = int.MaxValue,
        Action<string>? onAck = null, Action? onEachAck = null, CancellationToken kill = default)
    {
        string[] command = [.. under ?? [], Dotnet, Path.Combine(AppContext.BaseDirectory, "PatientGrains.Log.CrashChild.dll"),
            _address, RingPath, run, decisions.ToString(CultureInfo.InvariantCulture), pragmas];
        var start = new ProcessStartInfo(command[0], command[1..])
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        try
        {
            return await Listen(process, killAfterAcks, onAck, onEachAck, kill);
        }
        finally
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
    }

    /// <summary>The one that this process runs in, or else the one in PATH.</summary>
    private static string Dotnet =>
        Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) == "dotnet" ? path : "dotnet";

    private static async Task<List<string>> Listen(
        Process process, int killAfterAcks, Action<string>? onAck, Action? onEachAck, CancellationToken kill)
    {
        using var killing = kill.Register(process.Kill);
        var errors = process.StandardError.ReadToEndAsync();
        var lines = new List<string>();
        int acks = 0;
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            lines.Add(line);
            if (!line.StartsWith("ack ", StringComparison.Ordinal))
                continue;
            if (acks == 0)
                onAck?.Invoke(line);
            onEachAck?.Invoke();
            if (++acks == killAfterAcks)
                process.Kill();
        }
        await process.WaitForExitAsync();
        if (killAfterAcks == int.MaxValue && !kill.IsCancellationRequested)
            Assert.True(process.ExitCode == 0, await errors);
        return lines;
    }

    /// <summary>Opens what is left and holds it against everything that was ever acknowledged. Returns how many events there are.</summary>
    public async Task<int> Check(IEnumerable<string> lines)
    {
        using var ring = KeyRing.Open(RingPath);
        await using var log = await Address.Open(_address, ring);
        var report = await LogVerifier.Verify(log, ring, Store.NoteLength);
        Assert.Empty(report.Broken);
        var chains = new Dictionary<string, List<string>>();
        var notes = new Dictionary<LogId, List<Note>>();
        foreach (var entry in await log.Logs(null, 1000))
        {
            string name = ring.NameOf(entry).Text;
            notes.Add(entry.Log, await Chain(log, ring, name));
            chains.Add(name, notes[entry.Log].ConvertAll(note => note.Text));
        }
        await FeedsAreWhole(log, notes);
        foreach (string line in lines)
        {
            string[] words = line.Split(' ');
            if (words[0] != "ack")
                continue;
            int at = int.Parse(words[2], CultureInfo.InvariantCulture);
            Assert.True(chains.TryGetValue(words[1], out var chain) && chain.Count > at, $"lost: {line}");
            Assert.Equal(words[3], chain[at]);
        }
        Assert.All(chains.Values, WholeOrAbsent);
        Assert.All(chains.Values, chain => Assert.Equal(chain.Count, chain.Distinct().Count()));
        var directory = chains.GetValueOrDefault("Practitioner/p", []);
        var transactions = chains.Where(c => c.Key != "Practitioner/p").SelectMany(c => c.Value).Where(
            text => text.EndsWith("#both", StringComparison.Ordinal));
        Assert.Equal(directory.Order(), transactions.Order());
        await ClaimsAreWhole(log, ring, chains);
        return chains.Values.Sum(c => c.Count);
    }

    /// <summary>Each feed is numbered without gaps, and of each log it has just the events that belong to it, in their order; what the
    /// store knows to be due is what the events say.</summary>
    private static async Task FeedsAreWhole(IPatientLog log, Dictionary<LogId, List<Note>> notes)
    {
        foreach (byte feed in new byte[] { 1, 2 })
        {
            var lines = (await log.ReadFeed(feed, 0, int.MaxValue)).Lines;
            Assert.Equal(Enumerable.Range(1, lines.Count).Select(n => (long)n), lines.Select(line => line.Number));
            foreach (var (id, chain) in notes)
            {
                var expected = chain.Index().Where(note => note.Item.Feed == feed).Select(note => (long)note.Index);
                Assert.Equal(expected, lines.Where(line => line.Log == id).Select(line => line.Seq));
            }
            Assert.Equal(notes.Values.Sum(chain => chain.Count(note => note.Feed == feed)), lines.Count);
        }
        var due = notes.Select(chain => (chain.Key, At: chain.Value.Aggregate(new Notes(), NoteFold.Instance.Evolve).DueAt))
            .Where(log => log.At is not null).Select(log => new DueLog(log.At!.Value, log.Key));
        Assert.Equal(due.OrderBy(d => d.Log), (await log.Due(DateTimeOffset.MaxValue, null, 1000)).OrderBy(d => d.Log));
    }

    private static async Task<List<Note>> Chain(IPatientLog log, KeyRing ring, string name)
    {
        using var journal = await PatientJournal<Notes,
            Note>.Open(log, ring, TimeProvider.System, new LogName(name), NoteFold.Instance, new JournalOptions());
        var state = await journal.Execute<string[]>(s => new([], [.. s.Texts]));
        var chain = new List<Note>();
        await foreach (var (_, note) in journal.Read(0))
            chain.Add(note);
        Assert.Equal(chain.ConvertAll(note => note.Text), state);
        return chain;
    }

    /// <summary>The events of a decision, text#i/count#padding, stand together or not at all.</summary>
    private static void WholeOrAbsent(List<string> chain)
    {
        for (int i = 0; i < chain.Count;)
        {
            string[] parts = chain[i].Split('#');
            Assert.StartsWith("0/", parts[1]);
            int count = int.Parse(parts[1][2..], CultureInfo.InvariantCulture);
            for (int k = 0; k < count; k++)
                Assert.Equal($"{parts[0]}#{k}/{count}#{parts[2]}", chain[i + k]);
            i += count;
        }
    }

    /// <summary>Each event's claim leads to its log, and each decision's token too.</summary>
    private static async Task ClaimsAreWhole(IPatientLog log, KeyRing ring, Dictionary<string, List<string>> chains)
    {
        foreach (var (name, chain) in chains)
        {
            var id = ring.Blind(new LogName(name));
            foreach (string[] parts in chain.Select(text => text.Split('#')).Where(parts => parts[2] != "both"))
            {
                string number = parts[1][..parts[1].IndexOf('/')];
                Assert.Equal(id, await log.Locate(ring.BlindClaim($"id:{parts[0]}#{number}")));
                Assert.Equal([id], await log.Candidates(ring.BlindToken(parts[0]), null, 2));
            }
        }
    }

    public void Dispose() => _folder.Dispose();
}
