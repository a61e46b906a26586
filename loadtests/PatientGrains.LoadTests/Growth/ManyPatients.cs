using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Orleans;
using PatientGrains.Contracts;
using PatientGrains.Host.Composition;
using PatientGrains.Host.Importing;
using PatientGrains.Host.Settings;
using PatientGrains.LoadTests.Import;
using PatientGrains.LoadTests.Reading;
using PatientGrains.LoadTests.Reporting;
using PatientGrains.LoadTests.Running;

namespace PatientGrains.LoadTests.Growth;

/// <summary>
/// What a store costs as it fills with patients: the same writes, searches and start on 1,000, 10,000 and (<c>--full</c>) 100,000 of them,
/// through the front's own intake and the grains. The ratio of each cost to that of the smallest store is the figure: 1 is what is wanted.
/// </summary>
internal sealed class ManyPatients(Bench bench) : IScenario
{
    /// <summary>No server keeps more patients active than this while the store is filled.</summary>
    private const int PerServer = 20_000;

    private readonly int[] _sizes = bench.Settings switch
    {
        { Smoke: true } => [20, 40],
        { Full: true } => [1_000, 10_000, 100_000],
        _ => [1_000, 10_000],
    };

    /// <summary>Patients that are written to and asked about, evenly over all: as many in every store.</summary>
    private readonly int _asked = bench.Settings.Smoke ? 10 : 1000;

    private readonly List<Store> _stores = [];
    private double _active, _idle;

    private sealed record Turn(double StartMillis, Cost FirstWrite, Cost Write, double ByCode, double ByIdentifier);

    /// <summary>A store of so many patients, and what was measured of it, round by round.</summary>
    private sealed class Store(Settings settings, int patients) : IDisposable
    {
        private readonly StoreFolder _folder = new(settings);

        public int Patients => patients;
        public HostSettings Host => new() { Data = _folder.Path, Url = "http://127.0.0.1:0" };
        public double BytesPerResource { get; set; }
        public long Messages;
        public List<Turn> Rounds { get; } = [];

        public double Bytes => _folder.Megabytes * 1e6;

        public double Median(Func<Turn, double> of) => Statistics.Median(Rounds.Select(of));

        public void Dispose() => _folder.Dispose();
    }

    public string Name => "growth/patients";
    public string Measures => "the same writes, searches and start in stores of ever more patients of ten resources, in turns";
    public Load Load => new TurnsLoad(Rounds: bench.Settings.Rounds, bench.Settings.Smoke ? 0 : 1);

    public async Task Prepare(Recorder own)
    {
        foreach (int size in _sizes)
        {
            var store = new Store(bench.Settings, size);
            _stores.Add(store);
            var took = Stopwatch.StartNew();
            for (int filled = 0; filled < size; filled = Math.Min(size, filled + PerServer))
                await Fill(store, filled, Math.Min(size, filled + PerServer));
            store.BytesPerResource = store.Bytes / ((double)size * SmallPatients.Resources);
            own.Note($"{size:N0} patients filled in {took.Elapsed.TotalSeconds:F1} s, {store.Bytes / 1e6:N0} MB");
        }
    }

    /// <summary>All stores in turn, so that whatever the machine does meanwhile is done to each.</summary>
    public async ValueTask<Done> Step(Arrival arrival)
    {
        foreach (var store in _stores)
        {
            var measures = await Measure(store);
            if (arrival.Counts)
                store.Rounds.Add(measures);
        }
        return new Done(_stores.Count);
    }

    public Task Settle() => MeasureMemory(_stores[^1]);

    public IEnumerable<Figure> Figures(Measured measured)
    {
        foreach (var store in _stores.Skip(1))
        {
            string at = $"{store.Patients:N0} patients";
            double firstWrite = _stores[0].Median(turn => turn.Write.CpuMicros);
            yield return Against(store, $"write to an active patient of {at}: processor time", turn => turn.Write.CpuMicros, "us") with
            {
                Also = $"{Numbers.Text(store.Median(turn => turn.Write.WallMicros))} us of the clock",
                Limits = [Limit.Below(1.5 * firstWrite), Limit.Below(10 * firstWrite, Weight.Guard)],
            };
            yield return Against(store, $"first write to an idle patient of {at}: processor time", turn => turn.FirstWrite.CpuMicros, "us");
            yield return Against(store, $"start with {at}, first answer included", turn => turn.StartMillis, "ms");
            yield return Against(store, $"search by code in one of {at}, HTTP: p50", turn => turn.ByCode, "ms") with
            {
                Limits = [Limit.Below(5), Limit.Below(500, Weight.Guard)],
            };
            yield return Against(store, $"search by identifier over {at}, HTTP: p50", turn => turn.ByIdentifier, "ms") with
            {
                Limits = [Limit.Below(5), Limit.Below(500, Weight.Guard)],
            };
            yield return new Figure($"store, a resource of {at}", store.BytesPerResource, "B")
            {
                Beside = $"with {_stores[0].Patients:N0}: {Numbers.Text(_stores[0].BytesPerResource)} B",
                Ratio = store.BytesPerResource / _stores[0].BytesPerResource,
            };
        }
        yield return new Figure("managed heap of an idle patient", Math.Max(0, _idle), "B")
        {
            Beside = $"active {Numbers.Text(_active)} B", Ratio = Math.Max(0, _idle) / _active, Better = Better.Neither,
            Limits = [Limit.Below(500)],
        };
    }

    public ValueTask DisposeAsync()
    {
        _stores.ForEach(store => store.Dispose());
        return ValueTask.CompletedTask;
    }

    private Figure Against(Store store, string what, Func<Turn, double> of, string unit)
    {
        double first = _stores[0].Median(of);
        return new Figure(what, store.Median(of), unit)
        {
            Beside = $"with {_stores[0].Patients:N0}: {Numbers.Text(first)} {unit}", Ratio = store.Median(of) / first,
            Tolerance = unit == "ms" ? Figure.OfTails : 1.4,
        };
    }

    private async Task Fill(Store store, int from, int to)
    {
        await using var server = await RecordServer.StartWithoutFront(store.Host, default);
        await using var target = new InProcessTarget(server, OurImport.Importer, ownsServer: false);
        await Cost.Of(to - from, bench.Settings.Lanes, i => Cost.Taken(target, SmallPatients.Admission(from + i), $"admission-{from + i}"));
    }

    private async Task<Turn> Measure(Store store)
    {
        int Patient(int i) => (int)((long)(i % _asked) * store.Patients / _asked);
        string Id(int i) => SmallPatients.Id(Patient(i));
        long begun = Stopwatch.GetTimestamp();
        var host = store.Host;
        await using var server = await RecordServer.StartWithFront(host, default);
        using var client = FilledStore.Client(server, host);
        await Http.Get(client, $"fhir/Patient/{Id(0)}");
        double start = Stopwatch.GetElapsedTime(begun).TotalMilliseconds;
        await using var target = new InProcessTarget(server, OurImport.Importer, ownsServer: false);
        Task Write(int i)
        {
            long message = Interlocked.Increment(ref store.Messages);
            return Cost.Taken(target, SmallPatients.More(Id(i), message), $"more-{message}");
        }
        var firstWrite = await Cost.Of(_asked, bench.Settings.Lanes, Write);
        var write = await Cost.Of(_asked * 3, bench.Settings.Lanes, Write);
        int searches = Math.Min(300, _asked);
        double byCode = await Cost.Millis(searches,
            async i => await Http.Get(client, $"fhir/Observation?patient={Id(i)}&code={SmallPatients.Code}"));
        double byIdentifier = await Cost.Millis(searches,
            async i => await Http.Get(client, $"fhir/Patient?identifier={SmallPatients.IdentifierSystem}|{Patient(i)}"));
        return new Turn(start, firstWrite, write, byCode, byIdentifier);
    }

    /// <summary>Of patients that were asked something, and of the same when they have been idle for long.</summary>
    private async Task MeasureMemory(Store store)
    {
        int patients = store.Patients;
        await using var server = await RecordServer.StartWithoutFront(store.Host, default);
        var grains = server.Services.GetRequiredService<IGrainFactory>();
        async Task Ask(int i) => await Everything.Released(
            RecordNames.GrainOf(grains, "Patient/" + SmallPatients.Id(i)), Everything.Question(FilledStore.Clinician));
        await Ask(patients - 1);
        long before = Memory.Settled();
        await Cost.Of(_asked, bench.Settings.Lanes, i => Ask((int)((long)i * (patients - 1) / _asked)));
        _active = (Memory.Settled() - before) / (double)_asked;
        _idle = await Idle.After(server, () => (Memory.Settled() - before) / (double)_asked, _active);
    }
}
