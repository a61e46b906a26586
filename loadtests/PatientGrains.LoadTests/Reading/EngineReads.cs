using Microsoft.Extensions.DependencyInjection;
using Orleans;
using PatientGrains.Contracts;
using PatientGrains.Core.Record;
using PatientGrains.LoadTests.Import;
using PatientGrains.LoadTests.Reporting;
using PatientGrains.LoadTests.Running;

namespace PatientGrains.LoadTests.Reading;

/// <summary>One resource through the grain: decided by policy, and durable in the access log before it is answered.</summary>
internal sealed class EngineReads(Bench bench, Load load) : IScenario
{
    /// <summary>Of open loops, requests/s.</summary>
    public const double Rate = 5000;

    /// <summary>About what an access entry has.</summary>
    private const int EntryBytes = 300;

    private IGrainFactory? _grains;
    private Resources? _resources;
    private BareRows? _floor;

    public string Name => load is OpenLoad ? "read/engine-open" : "read/engine";
    public string Measures => "an audited read of one resource from its grain, one access entry each";
    public Load Load => load;

    public IReadOnlyList<Contender> Beside =>
        [new($"bare inserts of {EntryBytes} bytes, as many a sync", _floor!.Step)];

    public async Task Prepare(Recorder own)
    {
        var store = await bench.Store();
        var server = await store.Engine();
        _grains = server.Services.GetRequiredService<IGrainFactory>();
        _resources = await store.Resources(bench.Settings.Seed);
        byte[] entry = new byte[EntryBytes];
        _floor = new BareRows(bench.Settings, seals: false, _ => entry);
        own.Note($"{_resources}");
    }

    public async ValueTask<Done> Step(Arrival arrival)
    {
        var (log, key) = _resources!.Of(arrival.Number);
        await Everything.Released(RecordNames.GrainOf(_grains!, log), new ReadResource { Who = FilledStore.Clinician, Key = key });
        return Done.One;
    }

    public IEnumerable<Figure> Figures(Measured measured) => [ReadFigures.Of("engine", load, measured, "bare inserts")];

    public ValueTask DisposeAsync() => _floor?.DisposeAsync() ?? ValueTask.CompletedTask;
}

/// <summary>Figures of reads and the like, the same for every way in.</summary>
internal static class ReadFigures
{
    public static Figure Of(string way, Load load, Measured measured, string floorName)
    {
        var (ours, floor) = (measured.Ours, measured.Beside[0]);
        return load is OpenLoad open
            ? new Figure($"read one resource, {way}, open, {open.Arrivals}: p99", ours.Latency.P(0.99), "ms")
            {
                Also = Rest(ours.Latency),
                Beside = $"{floorName} p50 {Numbers.Text(floor.Latency.P(0.5))} ms, p99 {Numbers.Text(floor.Latency.P(0.99))} ms",
                Ratio = ours.Latency.P(0.99) / floor.Latency.P(0.99),
                Limits = [Limit.Below(5), Limit.Below(500, Weight.Guard)],
                Tolerance = Figure.OfTails,
            }
            : new Figure($"read one resource, {way}, closed", ours.PerSecond, "/s")
            {
                Also = Tail(ours.Latency),
                Beside = $"{floorName} {Numbers.Text(floor.PerSecond)}/s",
                Ratio = Measured.Ratio(ours, floor, round => round.PerSecond),
                Limits = [Limit.Above(200, Weight.Guard)],
            };
    }

    public static string Tail(Series series) => $"p99 {Numbers.Text(series.P(0.99))} ms, {Rest(series)}";

    /// <summary>What is told beside a p99.</summary>
    public static string Rest(Series series) => $"p50 {Numbers.Text(series.P(0.5))} ms, max {Numbers.Text(series.MaxMillis)} ms";
}
