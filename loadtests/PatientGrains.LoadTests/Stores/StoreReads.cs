using Microsoft.Extensions.DependencyInjection;
using Orleans;
using PatientGrains.Contracts;
using PatientGrains.Core.Record;
using PatientGrains.LoadTests.Reading;
using PatientGrains.LoadTests.Reporting;
using PatientGrains.LoadTests.Running;

namespace PatientGrains.LoadTests.Stores;

/// <summary>Audited reads over a kind of store, beside the same over SQLite: what differs is where the access entry becomes
/// durable.</summary>
internal sealed class StoreReads(Bench bench, Kind kind) : IScenario
{
    /// <summary>Requests/s.</summary>
    private const double Rate = 2000;

    private readonly List<FreshStore> _open = [];
    private readonly List<Contender> _ways = [];

    public string Name => $"stores/{kind.Verb()}-read";
    public string Measures => $"an audited read of one resource from its grain, its access entry durable in {kind.Word()}";
    public Load Load => bench.Settings.Open(Rate);
    public IReadOnlyList<Contender> Beside => [.. _ways.Skip(1)];

    public async Task Prepare(Recorder own)
    {
        _ways.Add(await Over(kind));
        _ways.Add(await Over(Kind.Sqlite));
    }

    public ValueTask<Done> Step(Arrival arrival) => _ways[0].Step(arrival);

    public IEnumerable<Figure> Figures(Measured measured)
    {
        var (ours, sqlite) = (measured.Ours.Latency, measured.Beside[0].Latency);
        yield return new Figure($"read one resource, {kind.Word()}, {((OpenLoad)Load).Arrivals}: p99", ours.P(0.99), "ms")
        {
            Also = ReadFigures.Rest(ours),
            Beside = $"SQLite p50 {Numbers.Text(sqlite.P(0.5))} ms, p99 {Numbers.Text(sqlite.P(0.99))} ms",
            Ratio = ours.P(0.99) / sqlite.P(0.99), Tolerance = Figure.OfTails, Limits = [Limit.Below(500, Weight.Guard)],
        };
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var store in Enumerable.Reverse(_open))
            await store.DisposeAsync();
    }

    /// <summary>Reads of the first patients of the corpus in a store of this kind.</summary>
    private async Task<Contender> Over(Kind where)
    {
        var store = await FreshStore.Open(bench, where);
        _open.Add(store);
        var slices = new Slices(bench.Corpus, patients: bench.Settings.Smoke ? 2 : 12);
        await StoreImport.Submit(store, [.. slices.Directory], bench.Settings.Lanes);
        await StoreImport.Submit(store, slices.Of(0), bench.Settings.Lanes);
        var grains = store.Server.Services.GetRequiredService<IGrainFactory>();
        var resources = new Resources(
            [.. await Everything.KeysOf(grains, await Everything.Patients(store.Server), FilledStore.Clinician)], bench.Settings.Seed);
        return new Contender($"reads over {where.Word()}", async arrival =>
        {
            var (log, key) = resources.Of(arrival.Number);
            await Everything.Released(RecordNames.GrainOf(grains, log), new ReadResource { Who = FilledStore.Clinician, Key = key });
            return Done.One;
        });
    }
}
