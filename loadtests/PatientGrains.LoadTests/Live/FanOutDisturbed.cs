using PatientGrains.LoadTests.Reading;
using PatientGrains.LoadTests.Reporting;
using PatientGrains.LoadTests.Running;

namespace PatientGrains.LoadTests.Live;

/// <summary>
/// What a slow subscriber and a dead one do to the others: alerts at a steady rate, on two servers alike but for those two, in the same
/// run. Both want a backlog that is larger than what connections buffer.
/// </summary>
internal sealed class FanOutDisturbed(Bench bench) : IScenario
{
    /// <summary>Alerts/s, far from what the machine can do.</summary>
    private const double Rate = 20;

    /// <summary>Lines before it begins: some 400 bytes each, several times what windows and buffers hold.</summary>
    private const int Backlog = 6_000;

    private AlertRig? _disturbed;
    private AlertRig? _quiet;
    private Recorder? _own;
    private Recorder? _beside;

    public string Name => "fanout/disturbed";

    public string Measures =>
        $"alert to {bench.Settings.Subscribers} gRPC subscribers who want all, with one slow and one dead subscriber more";

    public Load Load => new OpenLoad(
        new PoissonArrivals(Rate, bench.Settings.Seed), TimeSpan.Zero, TimeSpan.FromSeconds(bench.Settings.Seconds * 2));

    public IReadOnlyList<Contender> Beside => [new("the same without the two", arrival => Send(_quiet!, arrival, _beside!))];

    public async Task Prepare(Recorder own)
    {
        _own = own;
        _beside = new Recorder("the same without the two", own.Clock);
        _beside.Begin();
        _quiet = await AlertRig.Open(bench, Audience.OfAll);
        _disturbed = await AlertRig.Open(bench, Audience.OfAll);
        await Task.WhenAll(Fill(_quiet), Fill(_disturbed));
        await _disturbed.Disturb();
    }

    public ValueTask<Done> Step(Arrival arrival) => Send(_disturbed!, arrival, _own!);

    public async Task Settle()
    {
        await _disturbed!.Settle();
        await _quiet!.Settle();
    }

    public IEnumerable<Figure> Figures(Measured measured)
    {
        var (with, without) = (measured.Ours.Of(Alarms.AckToReceived), _beside!.Of(Alarms.AckToReceived));
        yield return new Figure("acknowledged to received by the others: p99", with.P(0.99), "ms")
        {
            Also = ReadFigures.Rest(with),
            Beside = $"without the two p50 {Numbers.Text(without.P(0.5))} ms, p99 {Numbers.Text(without.P(0.99))} ms",
            Ratio = with.P(0.99) / without.P(0.99),
            Limits = [Limit.Below(1000, Weight.Guard)],
            Tolerance = Figure.OfTails,
        };
        yield return new Figure("same, times the p99 without the two", with.P(0.99) / without.P(0.99), "x")
        {
            Limits = [Limit.Below(2)], Tolerance = Figure.OfTails,
        };
        foreach (var other in _disturbed!.Others)
        {
            yield return new Figure($"lag that the {other.How} subscriber was told last", other.Lag, "lines")
            {
                Also = $"it has read {other.Lines:N0}{(other.Broken is { } why ? "; ended: " + why : "")}",
            };
        }
        yield return AlertFigures.Faults(_disturbed!);
    }

    public async ValueTask DisposeAsync()
    {
        if (_disturbed is not null)
            await _disturbed.DisposeAsync();
        if (_quiet is not null)
            await _quiet.DisposeAsync();
    }

    private async Task Fill(AlertRig rig)
    {
        int lines = bench.Settings.Smoke ? bench.Settings.Inpatients : Backlog;
        var nobody = new Recorder("backlog", _own!.Clock);
        for (int i = 0; i < lines; i += bench.Settings.Inpatients)
        {
            await Task.WhenAll(Enumerable.Range(0, bench.Settings.Inpatients)
                .Select(patient => rig.Alarm(patient, new Arrival(i + patient, 0, Counts: false), nobody)));
        }
        await rig.Settle();
    }

    private static async ValueTask<Done> Send(AlertRig rig, Arrival arrival, Recorder own)
    {
        await rig.Alarm(null, arrival, own);
        return Done.One;
    }
}
