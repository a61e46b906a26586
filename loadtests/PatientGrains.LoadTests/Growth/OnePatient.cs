using System.Diagnostics;
using PatientGrains.Core.Record;
using PatientGrains.Host.Composition;
using PatientGrains.Host.Importing;
using PatientGrains.Host.Settings;
using PatientGrains.LoadTests.Import;
using PatientGrains.LoadTests.Reading;
using PatientGrains.LoadTests.Reporting;
using PatientGrains.LoadTests.Running;
using PatientGrains.Log;

namespace PatientGrains.LoadTests.Growth;

/// <summary>
/// What one patient costs as the record grows from 100 to 10,000 and (<c>--full</c>) 100,000 resources: a write, opening it as its writes
/// left it, and what it holds in memory.
/// </summary>
internal sealed class OnePatient(Bench bench) : IScenario
{
    /// <summary>Resources of one of the transactions that fill the record.</summary>
    private const int PerTransaction = 500;

    private const int Openings = 5;

    /// <summary>Times that so many writes are measured; the median counts.</summary>
    private const int Passes = 3;

    private const int WritesPerPass = 600;
    private const string Id = "one-patient";

    /// <summary>Callers who write to this patient at once.</summary>
    private const int Writers = 16;

    private readonly int[] _sizes = bench.Settings switch
    {
        { Smoke: true } => [20, 40],
        { Full: true } => [100, 1_000, 10_000, 100_000],
        _ => [100, 1_000, 10_000],
    };

    private readonly List<Stage> _stages = [];
    private StoreFolder? _folder;
    private HostSettings? _host;
    private long _message;

    private sealed record Stage(int Resources, Cost Write, double SlowestFill, double OpenMillis, long Held, long Json);

    public string Name => "growth/one-patient";
    public string Measures => "a write to one patient, opening it and what it holds, as it grows";
    public Load Load => new TurnsLoad(Rounds: 1, WarmUps: 0);

    public Task Prepare(Recorder own)
    {
        _folder = new StoreFolder(bench.Settings);
        _host = new HostSettings { Data = _folder.Path };
        return Task.CompletedTask;
    }

    public async ValueTask<Done> Step(Arrival arrival)
    {
        // Another patient, so that compiling counts in no figure.
        if (!bench.Settings.Smoke)
            await Written("warm-up");
        int filled = 0;
        _message = 0;
        foreach (int size in _sizes)
        {
            // Writes of the stage before count too.
            int more = Math.Max(0, size - filled - (int)_message);
            double slowest = await Fill(filled, more);
            filled += more;
            var (open, held, json) = await Opened();
            _stages.Add(new Stage(size, await Written(Id), slowest, open, held, json));
        }
        return new Done(_sizes[^1]);
    }

    public IEnumerable<Figure> Figures(Measured measured)
    {
        // What is written to the smallest makes it another.
        var first = _stages[Math.Min(1, _stages.Count - 1)];
        foreach (var stage in _stages.Skip(2))
        {
            yield return new Figure($"write to a patient of {stage.Resources:N0}: processor time", stage.Write.CpuMicros, "us")
            {
                Also = $"{Numbers.Text(stage.Write.WallMicros)} us of the clock, the slowest {Numbers.Text(stage.Write.WorstMillis)} ms, "
                    + $"the slowest transaction of {PerTransaction} until then {Numbers.Text(stage.SlowestFill)} ms",
                Beside = $"with {first.Resources:N0}: {Numbers.Text(first.Write.CpuMicros)} us, the slowest "
                    + $"{Numbers.Text(first.Write.WorstMillis)} ms",
                Ratio = stage.Write.CpuMicros / first.Write.CpuMicros,
                Limits = [Limit.Below(1.5 * first.Write.CpuMicros), Limit.Below(10 * first.Write.CpuMicros, Weight.Guard)],
            };
        }
        foreach (var stage in _stages)
        {
            yield return new Figure($"opening a patient of {stage.Resources:N0}", stage.OpenMillis, "ms")
            {
                Beside = $"{Numbers.Text(stage.OpenMillis * 1000 / stage.Resources)} us a resource",
                Tolerance = Figure.OfTails,
            };
            yield return new Figure($"memory of a patient of {stage.Resources:N0} against its JSON", stage.Held / (double)stage.Json, "x")
            {
                Beside = $"held {Numbers.Text(stage.Held / 1e6)} MB, JSON {Numbers.Text(stage.Json / 1e6)} MB",
                Limits = stage.Resources < 1000 ? [] : [Limit.Below(1.5), Limit.Below(5, Weight.Guard)],
            };
        }
    }

    public ValueTask DisposeAsync()
    {
        _folder?.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <returns>Milliseconds of the slowest transaction: what keeping a snapshot costs whoever waits.</returns>
    private async Task<double> Fill(int from, int wanted)
    {
        await using var server = await RecordServer.StartWithoutFront(_host!, default);
        await using var target = new InProcessTarget(server, OurImport.Importer, ownsServer: false);
        int done = 0;
        double slowest = 0;
        if (from == 0)
        {
            await Cost.Taken(target, SmallPatients.Alone(Id), "alone");
            done = 1;
        }
        for (int count; done < wanted; done += count)
        {
            count = Math.Min(PerTransaction, wanted - done);
            long begun = Stopwatch.GetTimestamp();
            await Cost.Taken(target, SmallPatients.Observations(Id, from + done, count), $"some-{from + done}");
            slowest = Math.Max(slowest, Stopwatch.GetElapsedTime(begun).TotalMilliseconds);
        }
        return slowest;
    }

    private async Task<Cost> Written(string patient)
    {
        await using var server = await RecordServer.StartWithoutFront(_host!, default);
        await using var target = new InProcessTarget(server, OurImport.Importer, ownsServer: false);
        Task Write(int i)
        {
            long message = Interlocked.Increment(ref _message);
            return Cost.Taken(target, SmallPatients.More(patient, message), $"{patient}-{message}");
        }
        if (patient != Id && _message == 0)
            await Cost.Taken(target, SmallPatients.Alone(patient), patient);
        // Opens the record.
        await Write(0);
        var passes = new List<Cost>();
        for (int i = 0; i < Passes; i++)
            passes.Add(await Cost.Of(bench.Settings.Smoke ? 3 : WritesPerPass, Writers, Write));
        return new Cost(
            Statistics.Median(passes.Select(pass => pass.CpuMicros)), Statistics.Median(passes.Select(pass => pass.WallMicros)),
            Statistics.Median(passes.Select(pass => pass.Bytes)), passes.Max(pass => pass.WorstMillis));
    }

    /// <summary>The journal alone: the median time to open it, what it then holds of the heap, and the JSON of its resources.</summary>
    private async Task<(double Millis, long Held, long Json)> Opened()
    {
        using var ring = EmbeddedLog.Ring(_host!);
        await using var log = EmbeddedLog.Open(_host!, ring);
        Task<PatientJournal<PatientRecord, Event>> Open() => PatientJournal<PatientRecord, Event>.Open(
            log, ring, TimeProvider.System, new LogName("Patient/" + Id), RecordJournalFold.Instance, new JournalOptions());
        // In a method of its own, so that none of them is held while the last is weighed.
        async Task OpenAndClose() => (await Open()).Dispose();
        await OpenAndClose();
        double millis = await Cost.Millis(Openings, _ => OpenAndClose());
        long before = Memory.Settled();
        using var journal = await Open();
        long held = Memory.Settled() - before;
        long json = await journal.Execute<long>(record => new([], record.CurrentBytes));
        return (millis, held, json);
    }
}
