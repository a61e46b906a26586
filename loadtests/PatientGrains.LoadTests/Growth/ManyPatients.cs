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

    private readonly List<Stage> _stages = [];
    private StoreFolder? _folder;
    private HostSettings? _host;
    private long _message;
    private double _active, _idle;

    private sealed record Stage(
        int Patients, double StartMillis, Cost FirstWrite, Cost Write, double ByCode, double ByIdentifier, double BytesPerResource);

    public string Name => "growth/patients";
    public string Measures => "the same writes, searches and start in a store of ever more patients of ten resources";
    public Load Load => new TurnsLoad(Rounds: 1, WarmUps: 0);

    public Task Prepare(Recorder own)
    {
        _folder = new StoreFolder(bench.Settings);
        _host = new HostSettings { Data = _folder.Path, Url = "http://127.0.0.1:0" };
        return Task.CompletedTask;
    }

    public async ValueTask<Done> Step(Arrival arrival)
    {
        int filled = 0;
        foreach (int size in _sizes)
        {
            for (; filled < size; filled = Math.Min(size, filled + PerServer))
                await Fill(filled, Math.Min(size, filled + PerServer));
            double bytes = _folder!.Megabytes * 1e6 / (size * (double)SmallPatients.Resources + _message);
            // The first store warms the code up, and counts the second time.
            for (int i = _stages.Count == 0 && !bench.Settings.Smoke ? 0 : 1; i < 2; i++)
            {
                var stage = await Measure(size, bytes);
                if (i == 1)
                    _stages.Add(stage);
            }
        }
        await MeasureMemory(_sizes[^1]);
        return new Done(_sizes[^1]);
    }

    public IEnumerable<Figure> Figures(Measured measured)
    {
        var first = _stages[0];
        foreach (var stage in _stages.Skip(1))
        {
            string at = $"{stage.Patients:N0} patients";
            yield return Against($"write to an active patient of {at}: processor time", stage, first, s => s.Write.CpuMicros, "us") with
            {
                Also = $"{Numbers.Text(stage.Write.WallMicros)} us of the clock",
                Limits = [Limit.Below(1.5 * first.Write.CpuMicros), Limit.Below(10 * first.Write.CpuMicros, Weight.Guard)],
            };
            yield return Against($"first write to an idle patient of {at}: processor time", stage, first, s => s.FirstWrite.CpuMicros, "us");
            yield return Against($"start with {at}, first answer included", stage, first, s => s.StartMillis, "ms");
            yield return Against($"search by code in one of {at}, HTTP: p50", stage, first, s => s.ByCode, "ms") with
            {
                Limits = [Limit.Below(5), Limit.Below(500, Weight.Guard)],
            };
            yield return Against($"search by identifier over {at}, HTTP: p50", stage, first, s => s.ByIdentifier, "ms") with
            {
                Limits = [Limit.Below(5), Limit.Below(500, Weight.Guard)],
            };
            yield return Against($"store, a resource of {at}", stage, first, s => s.BytesPerResource, "B");
        }
        yield return new Figure("managed heap of an idle patient", Math.Max(0, _idle), "B")
        {
            Beside = $"active {Numbers.Text(_active)} B", Ratio = Math.Max(0, _idle) / _active, Better = Better.Neither,
            Limits = [Limit.Below(200)],
        };
    }

    public ValueTask DisposeAsync()
    {
        _folder?.Dispose();
        return ValueTask.CompletedTask;
    }

    private Figure Against(string what, Stage stage, Stage first, Func<Stage, double> of, string unit) => new(what, of(stage), unit)
    {
        Beside = $"with {first.Patients:N0}: {Numbers.Text(of(first))} {unit}", Ratio = of(stage) / of(first),
        Tolerance = unit == "ms" ? Figure.OfTails : 1.4,
    };

    private async Task Fill(int from, int to)
    {
        await using var server = await RecordServer.StartWithoutFront(_host!, default);
        await using var target = new InProcessTarget(server, OurImport.Importer, ownsServer: false);
        await Cost.Of(to - from, bench.Settings.Lanes, i => Cost.Taken(target, SmallPatients.Admission(from + i), $"admission-{from + i}"));
    }

    private async Task<Stage> Measure(int patients, double bytesPerResource)
    {
        string Id(int i) => SmallPatients.Id((int)((long)(i % _asked) * patients / _asked));
        long begun = Stopwatch.GetTimestamp();
        await using var server = await RecordServer.StartWithFront(_host!, default);
        using var client = FilledStore.Client(server, _host!);
        await Http.Get(client, $"fhir/Patient/{Id(0)}");
        double start = Stopwatch.GetElapsedTime(begun).TotalMilliseconds;
        await using var target = new InProcessTarget(server, OurImport.Importer, ownsServer: false);
        Task Write(int i)
        {
            long message = Interlocked.Increment(ref _message);
            return Cost.Taken(target, SmallPatients.More(Id(i), message), $"more-{message}");
        }
        var firstWrite = await Cost.Of(_asked, bench.Settings.Lanes, Write);
        var write = await Cost.Of(_asked * 4, bench.Settings.Lanes, Write);
        int searches = Math.Min(300, _asked);
        double byCode = await Cost.Millis(searches,
            async i => await Http.Get(client, $"fhir/Observation?patient={Id(i)}&code={SmallPatients.Code}"));
        double byIdentifier = await Cost.Millis(searches, async i => await Http.Get(
            client, $"fhir/Patient?identifier={SmallPatients.IdentifierSystem}|{(long)(i % _asked) * patients / _asked}"));
        return new Stage(patients, start, firstWrite, write, byCode, byIdentifier, bytesPerResource);
    }

    /// <summary>Of patients that were asked something, and of the same when they have been idle for long.</summary>
    private async Task MeasureMemory(int patients)
    {
        await using var server = await RecordServer.StartWithoutFront(_host!, default);
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
