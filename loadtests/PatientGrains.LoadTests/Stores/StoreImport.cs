using System.Diagnostics;
using System.Security.Cryptography;
using PatientGrains.Host.Importing;
using PatientGrains.LoadTests.Import;
using PatientGrains.LoadTests.Reporting;
using PatientGrains.LoadTests.Running;

namespace PatientGrains.LoadTests.Stores;

/// <summary>
/// The same patients, as transactions, through the whole engine over a kind of store, beside the engine over SQLite and beside the same
/// bytes by the store's own means. A turn is some patients of the corpus.
/// </summary>
internal sealed class StoreImport(Bench bench, Kind kind) : IScenario
{
    /// <summary>Of a patient: a claim of each resource is a request, and a transaction must be done within the engine's 30 s on a machine
    /// that does other things too.</summary>
    private const int AzuriteResources = 500;

    private readonly List<IAsyncDisposable> _open = [];
    private readonly List<Contender> _beside = [];
    private Slices? _slices;
    private FreshStore? _store;
    private int _turn;

    public string Name => "stores/" + kind.Verb();
    public string Measures => $"import of patients into {kind.Word()}, everything on, beside the same JSON by the store's own means";
    public Load Load => bench.Settings.Turns();
    public IReadOnlyList<Contender> Beside => _beside;

    public async Task Prepare(Recorder own)
    {
        _slices = kind == Kind.Azurite
            ? new Slices(bench.Corpus, bench.Settings.Smoke ? 1 : 2, AzuriteResources)
            : new Slices(bench.Corpus, bench.Settings.Smoke ? 1 : 12);
        _store = await Filled(kind);
        if (kind != Kind.Sqlite)
        {
            var sqlite = await Filled(Kind.Sqlite);
            _beside.Add(Timed("the engine over SQLite", documents => Submit(sqlite, documents, bench.Settings.Lanes)));
        }
        if (kind == Kind.Sqlite)
            _beside.Add(Timed("raw SQLite inserts, a patient a sync", documents => Task.Run(() => InsertRaw(documents))));
        else if (kind == Kind.Postgres)
            await AddPostgres();
        else
            await AddAzurite();
        var first = _slices!.Of(0);
        own.Note($"{first.Count} patients a turn, {first.Sum(document => document.Resources.Count):N0} resources in the first");
    }

    public ValueTask<Done> Step(Arrival arrival) => Turn(arrival, documents => Submit(_store!, documents, bench.Settings.Lanes));

    public IEnumerable<Figure> Figures(Measured measured)
    {
        var ours = measured.Ours;
        foreach (var beside in measured.Beside)
        {
            yield return new Figure($"import into {kind.Word()}, against {beside.Name}", ours.PerSecond, "/s")
            {
                Beside = $"{Numbers.Text(beside.PerSecond)}/s",
                Ratio = Measured.Ratio(ours, beside, round => round.PerSecond),
                Tolerance = Figure.OfTails,
                Also = beside == measured.Beside[0] ? $"{Numbers.Text(ours.CpuMicros)} us of this process's processor a resource" : "",
            };
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var one in Enumerable.Reverse(_open))
            await one.DisposeAsync();
    }

    private async Task AddPostgres()
    {
        var rows = await JsonbRows.Open(await bench.Servers.Database());
        _open.Add(rows);
        _beside.Add(Timed("JSONB COPY, a patient a commit", documents => rows.Copy(Slices.Bodies(documents))));
        _beside.Add(Timed("JSONB inserts of 500 rows, each its commit", documents => rows.InsertMany(Slices.Bodies(documents))));
        _beside.Add(Timed($"JSONB row by row, each its commit, {JsonbRows.Connections} connections",
            documents => rows.InsertEach([.. Slices.Bodies(documents).SelectMany(group => group)])));
    }

    private async Task AddAzurite()
    {
        var blocks = await RawBlocks.Open(await bench.Servers.Azurite(), bench.Settings.Lanes);
        _open.Add(blocks);
        _beside.Add(Timed("raw append blobs, a block a patient", blocks.Append));
    }

    private async Task<FreshStore> Filled(Kind kind)
    {
        var store = await FreshStore.Open(bench, kind);
        _open.Add(store);
        await Submit(store, [.. _slices!.Directory], bench.Settings.Lanes);
        return store;
    }

    /// <exception cref="InvalidDataException">Something was rejected: no figure counts.</exception>
    public static async Task Submit(FreshStore store, IReadOnlyList<Document> documents, int lanes)
    {
        int next = 0;
        await Task.WhenAll(Enumerable.Range(0, Math.Min(lanes, documents.Count)).Select(_ => Task.Run(async () =>
        {
            for (int i = Interlocked.Increment(ref next) - 1; i < documents.Count; i = Interlocked.Increment(ref next) - 1)
            {
                string messageId = Convert.ToHexStringLower(SHA256.HashData(documents[i].Json));
                var result = await store.Target.Submit(new ImportItem(documents[i].Path, 0, documents[i].Json, messageId), default);
                if (result.Rejects.Count > 0)
                    throw new InvalidDataException($"{result.Rejects[0].Rule}: {result.Rejects[0].Message}");
            }
        })));
    }

    private void InsertRaw(IReadOnlyList<Document> documents)
    {
        using var folder = new StoreFolder(bench.Settings);
        using var rows = new RowWriter(folder.Path);
        foreach (var document in documents)
        {
            rows.Begin();
            foreach (var range in document.Resources)
                rows.Insert(document.Json.AsSpan(range));
            rows.Commit();
        }
    }

    private Contender Timed(string name, Func<IReadOnlyList<Document>, Task> work) => new(name, arrival => Turn(arrival, work));

    /// <summary>Which patients a turn has follows from how many contenders had theirs.</summary>
    private async ValueTask<Done> Turn(Arrival arrival, Func<IReadOnlyList<Document>, Task> work)
    {
        var documents = _slices!.Of(_turn++ / (_beside.Count + 1));
        long begun = Stopwatch.GetTimestamp();
        await work(documents);
        return new Done(documents.Sum(document => document.Resources.Count), Stopwatch.GetElapsedTime(begun));
    }
}
