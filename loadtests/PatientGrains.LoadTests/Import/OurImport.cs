using System.Collections.Concurrent;
using System.Diagnostics;
using System.Security.Cryptography;
using PatientGrains.Core.Access;
using PatientGrains.Host.Composition;
using PatientGrains.Host.Importing;
using PatientGrains.Host.Settings;

namespace PatientGrains.LoadTests.Import;

/// <summary>
/// What <c>patientgrains import</c> does on a folder of its own: scan, intake, grains, the sealed and audited SQLite log. Timed from the
/// first submission to the last durable
/// answer, without opening and closing the store.
/// </summary>
internal static class OurImport
{
    /// <summary>Bytes of one submission after unpacking, as the command has it.</summary>
    private const int MaxItemBytes = 64 << 20;

    public static Requester Importer { get; } =
        new() { Subject = "load-test", Roles = [Role.Integrator], Purpose = "HOPERAT", Source = "local" };

    /// <summary>From files, as the command reads them: unpacked as they come, what refers to something not there yet tried again.</summary>
    public static async Task<double> FromFiles(Settings settings, Corpus corpus, string folder)
    {
        await using var target = await Open(folder);
        await using var rejects = new RejectFile(Path.Combine(folder, "rejects.ndjson"));
        var run = new ImportRun(target, rejects, settings.Lanes);
        long before = Stopwatch.GetTimestamp();
        await run.Run([.. corpus.Documents.Select(document => document.Path)], new ImportFiles(MaxItemBytes), _ => { }, default);
        double seconds = Stopwatch.GetElapsedTime(before).TotalSeconds;
        Check(corpus, run.Totals.Resources, run.Totals.Rejected);
        return seconds;
    }

    /// <summary>From unpacked Bundles in memory: batches, which hold what patients refer to, before transactions.</summary>
    public static async Task<double> FromMemory(Settings settings, Corpus corpus, string folder)
    {
        await using var target = await Open(folder);
        return await Fill(target, corpus, settings.Lanes);
    }

    public static async Task<double> Fill(InProcessTarget target, Corpus corpus, int lanes)
    {
        long resources = 0, rejected = 0;
        long before = Stopwatch.GetTimestamp();
        foreach (bool transactions in (bool[])[false, true])
        {
            var documents = corpus.Documents.Where(document => document.IsTransaction == transactions);
            // As the command does: large ones share few lanes.
            var bySize = documents.ToLookup(document => document.Json.Length >= ImportRun.LargeBytes);
            await Task.WhenAll(Work(bySize[true], Math.Min(lanes, ImportRun.LargeLanes)), Work(bySize[false], lanes));
        }
        double seconds = Stopwatch.GetElapsedTime(before).TotalSeconds;
        Check(corpus, resources, rejected);
        return seconds;

        Task Work(IEnumerable<Document> documents, int lanes)
        {
            var waiting = new ConcurrentQueue<Document>(documents);
            return Task.WhenAll(Enumerable.Range(0, lanes).Select(_ => Task.Run(async () =>
            {
                while (waiting.TryDequeue(out var document))
                {
                    string messageId = Convert.ToHexStringLower(SHA256.HashData(document.Json));
                    var result = await target.Submit(new ImportItem(document.Path, 0, document.Json, messageId), default);
                    Interlocked.Add(ref resources, result.Created + result.Updated + result.Unchanged);
                    Interlocked.Add(ref rejected, result.Rejects.Count);
                }
            })));
        }
    }

    private static async Task<InProcessTarget> Open(string folder) =>
        new(await RecordServer.StartWithoutFront(new HostSettings { Data = folder }, default), Importer);

    private static void Check(Corpus corpus, long resources, long rejected)
    {
        if (resources != corpus.Resources || rejected != 0)
            throw new InvalidDataException($"{resources} of {corpus.Resources} resources taken, {rejected} rejected: no figure counts.");
    }
}
