using System.Security.Cryptography;
using System.Text.Json;
using PatientGrains.Core.Access;
using PatientGrains.Core.Record;
using PatientGrains.Host.Commands;
using PatientGrains.Host.Composition;
using PatientGrains.Host.Importing;
using PatientGrains.Host.Settings;
using PatientGrains.Log;

namespace PatientGrains.Host.Tests;

/// <summary>What an import did: its counts, and the lines of its reject file.</summary>
internal sealed record Imported(ImportTotals Totals, IReadOnlyList<JsonElement> Rejects)
{
    public IEnumerable<(string File, int Line, string Rule)> Reasons => Rejects
        .Select(reject =>
            (reject.GetProperty("file").GetString()!, reject.GetProperty("line").GetInt32(), reject.GetProperty("rule").GetString()!))
        .OrderBy(reason => reason);
}

/// <summary>A store in this process, and what lies in its log.</summary>
internal static class Store
{
    public static readonly Requester Importer = Common.Operator(Role.Integrator);

    public static HostSettings Settings(TemporaryFolder folder, string data = "data", string? ring = null) => new()
    {
        Data = folder[data],
        KeyRing = ring,
        Url = "http://127.0.0.1:0",
    };

    public static async Task<Imported> Import(RecordServer server, TemporaryFolder folder, params string[] paths)
    {
        await using var target = new InProcessTarget(server, Importer, ownsServer: false);
        return await Import(target, folder, 64 << 20, paths);
    }

    public static async Task<Imported> Import(IImportTarget target, TemporaryFolder folder, int maxItemBytes, params string[] paths)
    {
        string rejects = folder[$"rejects-{Guid.NewGuid():n}.jsonl"];
        ImportRun run;
        await using (var file = new RejectFile(rejects))
        {
            run = new ImportRun(target, file, 16);
            await run.Run(ImportFiles.Find(paths), new ImportFiles(maxItemBytes), _ => { }, default);
        }
        string[] lines = File.Exists(rejects) ? await File.ReadAllLinesAsync(rejects) : [];
        return new Imported(run.Totals, [.. lines.Select(line => JsonSerializer.Deserialize<JsonElement>(line))]);
    }

    public static async Task<List<LogEntry>> Entries(IPatientLog log)
    {
        var all = new List<LogEntry>();
        for (IReadOnlyList<LogEntry> page = await log.Logs(null, 256); page.Count > 0; page = await log.Logs(page[^1].Log, 256))
            all.AddRange(page);
        return all;
    }

    /// <summary>Every version of every resource, by <c>Type/id/version</c>, with the SHA-256 of its body: what records hold, whoever
    /// wrote it and when.</summary>
    public static async Task<SortedDictionary<string, string>> Versions(IPatientLog log, KeyRing ring)
    {
        var versions = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var entry in await Entries(log))
        {
            var name = ring.NameOf(entry);
            using var journal = await PatientJournal<PatientRecord, Event>.Open(
                log, ring, TimeProvider.System, name, RecordJournalFold.Instance, new JournalOptions());
            await foreach (var (_, happened) in journal.Read(0))
            {
                if (happened is ResourceStored stored)
                    versions.Add($"{stored.Key}/{stored.Version}", Convert.ToHexString(SHA256.HashData(stored.Body.Json.Span)));
            }
        }
        return versions;
    }

    /// <summary>The same of a folder that nobody has open.</summary>
    public static async Task<SortedDictionary<string, string>> Versions(HostSettings settings)
    {
        using var ring = KeyRing.Open(settings.KeyRingPath);
        await using var log = SqliteLog.Open(settings.Data, ring);
        return await Versions(log, ring);
    }
}
