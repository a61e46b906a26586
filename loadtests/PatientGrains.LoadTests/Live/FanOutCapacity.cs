using PatientGrains.LoadTests.Reporting;
using PatientGrains.LoadTests.Running;

namespace PatientGrains.LoadTests.Live;

/// <summary>
/// Alerts/s that all subscribers keep up with: as many alerts are on their way as there are callers, and each waits until the last
/// subscriber has its alert, so that the rate is the one at which lag stops growing.
/// </summary>
internal sealed class FanOutCapacity(Bench bench) : IScenario
{
    private AlertRig? _rig;
    private Recorder? _own;

    public string Name => "fanout/capacity";

    public string Measures =>
        $"alerts, each of a patient of its own, that {bench.Settings.Subscribers} gRPC subscribers who want all of them keep up with";

    public Load Load => bench.Settings.Closed(bench.Settings.Callers);

    public async Task Prepare(Recorder own)
    {
        _own = own;
        _rig = await AlertRig.Open(bench, Audience.OfAll);
    }

    public async ValueTask<Done> Step(Arrival arrival)
    {
        var alarm = await _rig!.Alarm((int)(arrival.Number % bench.Settings.Inpatients), arrival, _own!);
        await alarm.Everywhere;
        return Done.One;
    }

    public Task Settle() => _rig!.Settle();

    public IEnumerable<Figure> Figures(Measured measured)
    {
        int subscribers = bench.Settings.Subscribers;
        yield return new Figure($"alerts that {subscribers} subscribers keep up with", measured.Ours.PerSecond, "/s")
        {
            Also = $"{Numbers.Text(measured.Ours.PerSecond * subscribers)} deliveries/s, each with its access entry; "
                + $"received by all after p50 {Numbers.Text(measured.Ours.Latency.P(0.5))} ms",
            Limits = [Limit.Above(5, Weight.Guard)],
        };
        yield return AlertFigures.Faults(_rig!);
    }

    public ValueTask DisposeAsync() => _rig?.DisposeAsync() ?? ValueTask.CompletedTask;
}
