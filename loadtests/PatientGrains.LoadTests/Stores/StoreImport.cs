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
internal sealed class StoreImport : IScenario
{
    private readonly Bench _bench;
    private readonly Kind _kind;
    private readonly Slices _slices;
    private readonly List<IAsyncDisposable> _open = [];
    private readonly List<Contender> _beside = [];
    private FreshStore? _store;
    private int _turn;

    public StoreImport(Bench bench, Kind kind)
    {
        (_bench, _kind) = (bench, kind);
        _slices = new Slices(bench.Corpus, bench.Settings.Smoke ? 1 : kind == Kind.Azurite ? 4 : 12);
    }

    public string Name => "stores/" + _kind.ToString().ToLowerInvariant();
    public string Measures => $"import of patients into {_kind}, everything on, beside the same JSON by the store's own means";
    public Load Load => _bench.Settings.Turns();
    public IReadOnlyList<Contender> Beside => _beside;

    public async Task Prepare(Recorder own)
    {
        _store = await Filled(_kind);
        if (_kind != Kind.Sqlite)
        {
            var sqlite = await Filled(Kind.Sqlite);
            _beside.Add(Timed("the engine over SQLite", documents => Submit(sqlite, documents)));
        }
        if (_kind == Kind.Sqlite)
            _beside.Add(Timed("raw SQLite inserts, a patient a sync", documents => Task.Run(() => InsertRaw(documents))));
        else if (_kind == Kind.Postgres)
            await AddPostgres();
        else
            await AddAzurite();
        own.Note($"{_slices.Of(0).Count} patients a turn, {_slices.Of(0).Sum(document => document.Resources.Count):N0} resources in the first");
    }

    public ValueTask<Done> Step(Arrival arrival) => Turn(arrival, documents => Submit(_store!, documents));

    public IEnumerable<Figure> Figures(Measured measured)
    {
        var ours = measured.Ours;
        foreach (var beside in measured.Beside)
        {
            yield return new Figure($"import into {_kind}, against {beside.Name}", ours.PerSecond, "/s")
            {
                Beside = $"{Numbers.Text(beside.PerSecond)}/s",
                Ratio = Measured.Ratio(ours, beside, round => round.PerSecond),
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
        var rows = await JsonbRows.Open(await _bench.Servers.Database());
        _open.Add(rows);
        _beside.Add(Timed("JSONB COPY, a patient a commit", documents => rows.Copy(Slices.Bodies(documents))));
        _beside.Add(Timed("JSONB inserts of 500 rows, each its commit", documents => rows.InsertMany(Slices.Bodies(documents))));
        _beside.Add(Timed($"JSONB row by row, each its commit, {JsonbRows.Connections} connections",
            documents => rows.InsertEach([.. Slices.Bodies(documents).SelectMany(group => group)])));
    }

    private async Task AddAzurite()
    {
        var blocks = await RawBlocks.Open(await _bench.Servers.Azurite(), _bench.Settings.Lanes);
        _open.Add(blocks);
        _beside.Add(Timed("raw append blobs, a block a patient", blocks.Append));
    }

    private async Task<FreshStore> Filled(Kind kind)
    {
        var store = await FreshStore.Open(_bench, kind);
        _open.Add(store);
        await Submit(store, [.. _slices.Directory]);
        return store;
    }

    private async Task Submit(FreshStore store, IReadOnlyList<Document> documents)
    {
        int next = 0;
        await Task.WhenAll(Enumerable.Range(0, Math.Min(_bench.Settings.Lanes, documents.Count)).Select(_ => Task.Run(async () =>
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
        using var folder = new StoreFolder(_bench.Settings);
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
        var documents = _slices.Of(_turn++ / (_beside.Count + 1));
        long begun = Stopwatch.GetTimestamp();
        await work(documents);
        return new Done(documents.Sum(document => document.Resources.Count), Stopwatch.GetElapsedTime(begun));
    }
}
