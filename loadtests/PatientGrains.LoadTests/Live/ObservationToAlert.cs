using PatientGrains.LoadTests.Reporting;
using PatientGrains.LoadTests.Running;
using PatientGrains.LoadTests.Stores;

namespace PatientGrains.LoadTests.Live;

/// <summary>
/// From the acknowledgement of the observation that shows deterioration to the alert at a gRPC subscriber, while thousands of observations
/// that show none come in.
/// </summary>
internal sealed class ObservationToAlert(Bench bench, Audience audience, Kind kind = Kind.Sqlite) : IScenario
{
    /// <summary>Observations/s.</summary>
    private readonly double _rate = kind == Kind.Sqlite ? 5000 : 2000;

    /// <summary>One observation of so many is an alarming lactate or its correction, and causes one alert line.</summary>
    private readonly int _oneOf = bench.Settings.Smoke ? 10 : 100;

    private AlertRig? _rig;
    private NoOpWire? _wire;
    private Recorder? _own;

    public string Name =>
        kind != Kind.Sqlite ? $"stores/{kind.Verb()}-alert" : audience == Audience.OfUnits ? "alert/units" : "alert/all";

    public string Measures => "observations over gRPC streams, "
        + $"one of {_oneOf} a lactate of 6.1 mmol/L (raises an alert) or its correction to 1.1 (withdraws it); "
        + $"{bench.Settings.Subscribers} gRPC subscribers, "
        + (audience == Audience.OfUnits ? $"spread over {Hospital.Units} units" : "all of whom get every alert");

    /// <summary>Warmed up as long as it is measured: a run by itself begins with much to compile.</summary>
    public Load Load => bench.Settings.Open(_rate) is var load && load.WarmUp > TimeSpan.Zero ? load with { WarmUp = load.For } : load;

    public IReadOnlyList<Contender> Beside => [_wire!.Contender];

    public async Task Prepare(Recorder own)
    {
        _own = own;
        _rig = await AlertRig.Open(bench, audience, kind);
        _wire = await NoOpWire.Start(_rig.Hospital);
    }

    public async ValueTask<Done> Step(Arrival arrival)
    {
        if (arrival.Number % _oneOf == 0)
            await _rig!.Alarm(null, arrival, _own!);
        else
            await _rig!.Vital(arrival);
        return Done.One;
    }

    public IEnumerable<Figure> Figures(Measured measured) =>
        AlertFigures.Of(_rig!, measured, ((OpenLoad)Load).Arrivals);

    public Task Settle() => _rig!.Settle();

    public async ValueTask DisposeAsync()
    {
        if (_wire is not null)
            await _wire.DisposeAsync();
        if (_rig is not null)
            await _rig.DisposeAsync();
    }
}

/// <summary>Figures that all scenarios with alerts have.</summary>
internal static class AlertFigures
{
    public static IEnumerable<Figure> Of(AlertRig rig, Measured measured, Arrivals arrivals)
    {
        var (ours, wire) = (measured.Ours, measured.Beside[0]);
        var alarms = rig.Alarms;
        var received = ours.Of(Alarms.AckToReceived);
        yield return new Figure($"observation acknowledged to alert received, {arrivals}: p99", received.P(0.99), "ms")
        {
            Also = $"p50 {Numbers.Text(received.P(0.5))} ms, p99.9 {Numbers.Text(received.P(0.999))} ms, "
                + $"max {Numbers.Text(received.MaxMillis)} ms; {alarms.Caused:N0} alerts caused, {alarms.Received:N0} deliveries, "
                + $"{alarms.BeforeAck:N0} of them before the acknowledgement",
            Beside = $"there and back on the wire alone p50 {Numbers.Text(wire.Latency.P(0.5))} ms, "
                + $"p99 {Numbers.Text(wire.Latency.P(0.99))} ms",
            Ratio = received.P(0.99) / wire.Latency.P(0.99),
            Limits = [Limit.Below(20), Limit.Below(5000, Weight.Guard)],
            Tolerance = Figure.OfTails,
        };
        yield return new Figure("same, acknowledgement: p99", ours.Latency.P(0.99), "ms")
        {
            Also = ours.Latency.ToString(), Tolerance = Figure.OfTails,
        };
        yield return Faults(rig);
    }

    /// <summary>What must not have been.</summary>
    public static Figure Faults(AlertRig rig)
    {
        long faults = rig.Prompt.Sum(subscriber => subscriber.Faults);
        int broken = rig.Prompt.Count(subscriber => subscriber.Broken is not null);
        int unreadable = rig.Prompt.Sum(subscriber => subscriber.Unreadable);
        return new Figure("deliveries lost, out of order, repeated or foreign", rig.Alarms.Lost + faults + rig.Alarms.Unknown + broken, "")
        {
            Also = $"lost {rig.Alarms.Lost}, out of order or repeated {faults}, that nothing caused {rig.Alarms.Unknown}, "
                + $"subscriptions that broke {broken}; told as unreadable for want of an answer in time {unreadable}",
            Limits = [Limit.Below(0, Weight.Always)],
        };
    }
}
