using PatientGrains.LoadTests.Reading;
using PatientGrains.LoadTests.Reporting;
using PatientGrains.LoadTests.Running;

namespace PatientGrains.LoadTests.Live;

/// <summary>
/// What a source that floods does to the alerts of another one: a laboratory sends a hundred alarming values a second, before, during and
/// after another source sends as much as it can. All is checked: what was acknowledged is there, what was refused is not, no alert is lost.
/// </summary>
internal sealed class OverloadFlood(Bench bench) : IScenario
{
    /// <summary>Alarming values and corrections/s of the source that behaves.</summary>
    private const double Rate = 100;

    /// <summary>Parts of a run, in units of the seconds of a loop.</summary>
    private static readonly (string Name, double Units, bool Floods)[] Parts =
    [
        ("before", 1, false), ("during", 2, true), ("the first after", 0.5, false), ("after", 1, false),
    ];

    private readonly Recorder[] _parts = new Recorder[Parts.Length];
    private readonly Lock _gate = new();
    private AlertRig? _rig;
    private OverloadFlooder? _flooder;
    private Task _ended = Task.CompletedTask;
    private (int Lost, int Written) _faults;
    private long? _began;
    private bool _floods;
    private long _mostMemory, _memoryBefore;
    private long _acknowledgedBefore;

    public string Name => "overload/flood";

    public string Measures => "a source that sends 100 alarming values/s over gRPC streams, before, during and after another source floods "
        + $"the server with 4 streams of 1,024 unanswered and 800 callers of single submissions; {bench.Settings.Subscribers} subscribers";

    private double Unit => bench.Settings.Seconds;

    public Load Load => new OpenLoad(new PoissonArrivals(Rate, bench.Settings.Seed),
        bench.Settings.Smoke ? TimeSpan.Zero : TimeSpan.FromSeconds(Unit * 3), TimeSpan.FromSeconds(Unit * Parts.Sum(part => part.Units)));

    public async Task Prepare(Recorder own)
    {
        for (int i = 0; i < Parts.Length; i++)
        {
            _parts[i] = new Recorder(Parts[i].Name, own.Clock);
            _parts[i].Begin();
        }
        _rig = await AlertRig.Open(bench, Audience.OfUnits);
        _flooder = _rig.Flooder("ehr");
    }

    public async ValueTask<Done> Step(Arrival arrival)
    {
        var to = _parts[PartOf(arrival)];
        await _rig!.Alarm(null, arrival, to);
        if (arrival.Counts)
            to.Latency.Add(arrival.Due, TimeProvider.System.GetTimestamp());
        return Done.One;
    }

    /// <summary>
    /// Begins and ends the flood with the first arrival of a part. While warming up it flows for a while, and what it left has time to be
    /// done.
    /// </summary>
    private int PartOf(Arrival arrival)
    {
        lock (_gate)
        {
            if (!arrival.Counts)
            {
                _began ??= arrival.Due;
                double since = TimeProvider.System.GetElapsedTime(_began.Value, arrival.Due).TotalSeconds;
                Flood(since > Unit / 2 && since < Unit * 1.5);
                return 0;
            }
            if (arrival.Counts && _memoryBefore == 0)
            {
                _began = arrival.Due;
                _memoryBefore = GC.GetTotalMemory(forceFullCollection: true);
                _acknowledgedBefore = _flooder!.Acknowledged.Count;
            }
            double at = TimeProvider.System.GetElapsedTime(_began!.Value, arrival.Due).TotalSeconds / Unit;
            int part = 0;
            for (double end = Parts[0].Units; at >= end && part < Parts.Length - 1; end += Parts[part].Units)
                part++;
            Flood(Parts[part].Floods);
            _mostMemory = Math.Max(_mostMemory, GC.GetTotalMemory(forceFullCollection: false));
            return part;
        }
    }

    private void Flood(bool flows)
    {
        if (flows == _floods)
            return;
        _floods = flows;
        if (flows)
            _flooder!.Begin();
        else
            _ended = _flooder!.End();
    }

    public async Task Settle()
    {
        await _ended;
        await _rig!.Settle();
        _faults = await _flooder!.Faults(_rig.IsThere);
    }

    public IEnumerable<Figure> Figures(Measured measured)
    {
        var received = _parts.Select(part => part.Of(Alarms.DueToReceived)).ToArray();
        for (int i = 0; i < Parts.Length; i++)
        {
            var delivered = _parts[i].Of(Alarms.AckToReceived);
            yield return new Figure($"alarming value due to alert received, {Parts[i].Name}: p99", received[i].P(0.99), "ms")
            {
                Also = $"{ReadFigures.Rest(received[i])}; acknowledged after p50 {Numbers.Text(_parts[i].Latency.P(0.5))} ms, "
                    + $"p99 {Numbers.Text(_parts[i].Latency.P(0.99))} ms; from there to received p99 {Numbers.Text(delivered.P(0.99))} ms",
                Ratio = i == 0 ? null : received[i].P(0.99) / received[0].P(0.99),
                Beside = i == 0 ? "" : "before",
                Limits = Parts[i].Floods ? [Limit.Below(20), Limit.Below(2_000, Weight.Guard)] : [],
            };
        }
        long taken = _flooder!.Acknowledged.Count - _acknowledgedBefore;
        yield return new Figure("what the flooding source was taken", taken / (Unit * 2), "/s")
        {
            Also = $"{_flooder.Refused.Count:N0} refused, warming up included",
        };
        yield return new Figure("memory that the flood costs at most, client included", (_mostMemory - _memoryBefore) / 1e6, "MB")
        {
            Limits = [Limit.Below(1_500, Weight.Guard)],
        };
        yield return new Figure("acknowledged and lost, refused and written, failed", _faults.Lost + _faults.Written
            + (_flooder.Failure is null ? 0 : 1), "")
        {
            Also = $"lost {_faults.Lost}, written {_faults.Written}{(_flooder.Failure is { } why ? "; failed: " + why : "")}",
            Limits = [Limit.Below(0, Weight.Always)],
        };
        yield return AlertFigures.Faults(_rig!);
    }

    public async ValueTask DisposeAsync()
    {
        if (_flooder is not null)
            await _flooder.DisposeAsync();
        if (_rig is not null)
            await _rig.DisposeAsync();
    }
}
