using System.Diagnostics;
using PatientGrains.LoadTests.Growth;
using PatientGrains.LoadTests.Import;
using PatientGrains.LoadTests.Reporting;
using PatientGrains.LoadTests.Running;

namespace PatientGrains.LoadTests.Stores;

/// <summary>Single observations through the whole engine over a kind of store, each durable before it is answered, many at once; beside
/// the engine over SQLite and single durable rows of the same bytes.</summary>
internal sealed class StoreSubmits(Bench bench, Kind kind) : IScenario
{
    private const int Patients = 100;

    /// <summary>Submissions on their way at once.</summary>
    private const int Callers = 256;

    private readonly int _each = bench.Settings.Smoke ? 20 : kind == Kind.Azurite ? 300 : 4000;
    private readonly List<IAsyncDisposable> _open = [];
    private readonly List<Contender> _beside = [];
    private FreshStore? _store;
    private int _number;

    public string Name => $"stores/{kind.Verb()}-single";
    public string Measures => $"single observations into {kind.Word()}, {Callers} on their way at once, each durable when answered";
    public Load Load => bench.Settings.Turns();
    public IReadOnlyList<Contender> Beside => _beside;

    public async Task Prepare(Recorder own)
    {
        _store = await Admitted(kind);
        if (kind != Kind.Sqlite)
        {
            var sqlite = await Admitted(Kind.Sqlite);
            _beside.Add(new Contender("the engine over SQLite", _ => Submit(sqlite)));
        }
        if (kind == Kind.Postgres)
        {
            var rows = await JsonbRows.Open(await bench.Servers.Database());
            _open.Add(rows);
            _beside.Add(new Contender($"JSONB row by row, each its commit, {JsonbRows.Connections} connections",
                async _ => await Timed(bodies => rows.InsertEach(bodies))));
        }
        else if (kind == Kind.Azurite)
        {
            var blocks = await RawBlocks.Open(await bench.Servers.Azurite(), bench.Settings.Lanes);
            _open.Add(blocks);
            _beside.Add(new Contender("raw append blobs, a block each", async _ => await Timed(blocks.Append)));
        }
        else
        {
            var rows = new BareRows(bench.Settings, seals: false, number => Body((int)number));
            _open.Add(rows);
            _beside.Add(new Contender("raw SQLite, a row each, synced together", async _ => await Timed(
                bodies => Cost.Of(bodies.Count, Callers, async i => await rows.Step(new Arrival(i, 0, true))))));
        }
        own.Note($"{_each:N0} observations a turn, of {Patients} patients, {Body(0).Length} bytes each");
    }

    public ValueTask<Done> Step(Arrival arrival) => Submit(_store!);

    public IEnumerable<Figure> Figures(Measured measured)
    {
        foreach (var beside in measured.Beside)
        {
            yield return new Figure($"single observations into {kind.Word()}, against {beside.Name}", measured.Ours.PerSecond, "/s")
            {
                Beside = $"{Numbers.Text(beside.PerSecond)}/s",
                Ratio = Measured.Ratio(measured.Ours, beside, round => round.PerSecond),
                Tolerance = Figure.OfTails,
                Also = beside == measured.Beside[0] ? $"{Numbers.Text(measured.Ours.CpuMicros)} us of this process's processor each" : "",
            };
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var one in Enumerable.Reverse(_open))
            await one.DisposeAsync();
    }

    private static byte[] Body(int number) => SmallPatients.More(SmallPatients.Id(number % Patients), number);

    private async Task<FreshStore> Admitted(Kind where)
    {
        var store = await FreshStore.Open(bench, where);
        _open.Add(store);
        await Cost.Of(Patients, bench.Settings.Lanes, i => Cost.Taken(store.Target, SmallPatients.Admission(i), $"admission-{i}"));
        return store;
    }

    private async ValueTask<Done> Submit(FreshStore store)
    {
        int first = Interlocked.Add(ref _number, _each) - _each;
        var bodies = Enumerable.Range(first, _each).Select(Body).ToArray();
        long begun = Stopwatch.GetTimestamp();
        await Cost.Of(_each, Callers, i => Cost.Taken(store.Target, bodies[i], $"single-{first + i}"));
        return new Done(_each, Stopwatch.GetElapsedTime(begun));
    }

    private async Task<Done> Timed(Func<IReadOnlyList<byte[]>, Task> work)
    {
        byte[][] bodies = [.. Enumerable.Range(0, _each).Select(Body)];
        long begun = Stopwatch.GetTimestamp();
        await work(bodies);
        return new Done(_each, Stopwatch.GetElapsedTime(begun));
    }
}
