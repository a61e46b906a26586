using System.Collections.Concurrent;
using System.Globalization;
using PatientGrains.Core.Access;
using PatientGrains.LoadTests.Reporting;
using PatientGrains.LoadTests.Running;

namespace PatientGrains.LoadTests.Live;

/// <summary>
/// What a source that floods does to the alerts of another one: a laboratory sends a hundred alarming values a second, before, during and
/// after another source sends as much as it can. The server, the flooding source, and the laboratory with the subscribers are a process
/// each. All is checked: what was acknowledged is there, what was refused is not, no alert is lost.
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

    private static readonly int FloodedPart = Array.FindIndex(Parts, part => part.Floods);

    private readonly Recorder[] _parts = new Recorder[Parts.Length];
    private readonly Lock _gate = new();
    private StoreFolder? _folder;
    private OverloadServer? _server;
    private AlertRig? _rig;
    private NoOpWire? _wire;
    private Child? _flooder;
    private readonly ConcurrentBag<(int Part, long Sent, long Acknowledged, long Everywhere)> _alarms = [];
    private ServerSeen? _seen;
    private Figure? _deliveries;
    private OverloadTally _tally = new();

    /// <summary>What the other processes were told last; each is told one thing after the other.</summary>
    private Task _toldServer = Task.CompletedTask, _toldFlooder = Task.CompletedTask;
    private int _part = -1;
    private bool _floods;
    private long? _began;

    public string Name => "overload/flood";

    public string Measures => "a source that sends 100 alarming values/s over gRPC streams, before, during and after another source floods "
        + $"the server with 4 streams of 1,024 unanswered and 800 callers of single submissions; {bench.Settings.Subscribers} subscribers; "
        + "server, flood, and source with subscribers are a process each, and the flood's yields the cores to the others (nice 10)";

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
        var settings = bench.Settings;
        var hospital = new Hospital(settings.Inpatients, settings.Seed);
        _folder = new StoreFolder(settings);
        _server = await OverloadServer.Start(_folder.Path, hospital);
        _rig = await AlertRig.Open(settings, Audience.OfUnits, hospital, _server);
        _wire = await NoOpWire.Start(hospital);
        string[] size = settings.Smoke ? ["--smoke"] : [];
        _flooder = Child.Start(yields: true,
            [OverloadFlooder.Verb, "--seed", settings.Seed.ToString(CultureInfo.InvariantCulture), .. size]);
        string login = _server.Login("load-flood", Role.Integrator, "ehr").Find("authorization")!;
        await _flooder.Ask($"to {_server.Address} {login}");
    }

    public async ValueTask<Done> Step(Arrival arrival)
    {
        int part = PartOf(arrival);
        long sent = TimeProvider.System.GetTimestamp();
        var wire = OnWire(arrival, _parts[part]);
        var alarm = await _rig!.Alarm(null, arrival, _parts[part]);
        long acknowledged = TimeProvider.System.GetTimestamp();
        await wire;
        if (arrival.Counts)
            _ = Note(alarm, part, sent, acknowledged);
        return Done.One;
    }

    private async Task Note(Alarm alarm, int part, long sent, long acknowledged)
    {
        await alarm.Everywhere;
        _alarms.Add((part, sent, acknowledged, TimeProvider.System.GetTimestamp()));
    }

    /// <summary>Within the process of the calm source: what it waits for a core, not for the server.</summary>
    private async Task OnWire(Arrival arrival, Recorder to)
    {
        long sent = TimeProvider.System.GetTimestamp();
        await _wire!.Contender.Step(arrival);
        if (arrival.Counts)
            to.Of(OverloadPart.Wire).Add(sent, TimeProvider.System.GetTimestamp());
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
                double warm = TimeProvider.System.GetElapsedTime(_began.Value, arrival.Due).TotalSeconds / Unit;
                Flood(warm is > 0.5 and < 1.5);
                return 0;
            }
            if (_part < 0)
                _began = arrival.Due;
            double at = TimeProvider.System.GetElapsedTime(_began!.Value, arrival.Due).TotalSeconds / Unit;
            int part = 0;
            for (double end = Parts[0].Units; at >= end && part < Parts.Length - 1; end += Parts[part].Units)
                part++;
            if (part != _part)
                _toldServer = After(_toldServer, () => _server!.Begin(part));
            _part = part;
            Flood(Parts[part].Floods);
            return part;
        }
    }

    private void Flood(bool flows)
    {
        if (flows == _floods)
            return;
        _floods = flows;
        _toldFlooder = After(_toldFlooder, async () => _tally = _tally.After(flows, await _flooder!.Ask(flows ? "begin" : "end")));
    }

    private static Task After(Task before, Func<Task> what) => Task.Run(async () =>
    {
        await before;
        await what();
    });

    /// <summary>The server is stopped before it is looked what its store holds.</summary>
    public async Task Settle()
    {
        await Task.WhenAll(_toldServer, _toldFlooder);
        await _rig!.Settle();
        _seen = await _server!.Seen();
        _deliveries = AlertFigures.Faults(_rig);
        await _flooder!.Ask($"save {_folder!.Path}");
        await _flooder.DisposeAsync();
        await _rig.DisposeAsync();
        (_flooder, _rig, _server) = (null, null, null);
        var (acknowledged, refused) = OverloadFlooder.Saved(_folder.Path);
        _tally = _tally with
        {
            Refused = refused.Length,
            Lost = acknowledged.Length - await OverloadServer.HowManyAreIn(_folder.Path, acknowledged),
            Written = await OverloadServer.HowManyAreIn(_folder.Path, refused),
        };
    }

    public IEnumerable<Figure> Figures(Measured measured)
    {
        for (int i = 0; i < Parts.Length; i++)
        {
            foreach (var figure in OfPart(i).Figures(i == 0 ? null : OfPart(0)))
                yield return figure;
        }
        foreach (var figure in _tally.Figures(_seen!.ProcessorOf(FloodedPart)))
            yield return figure;
        double memory = _seen!.Parts[FloodedPart].Megabytes - _seen.Parts[0].Megabytes;
        yield return new Figure("managed memory that the flood costs the server at most", memory, "MB")
        {
            Limits = [Limit.Below(1_500, Weight.Guard)],
        };
        yield return _deliveries!;
    }

    private OverloadPart OfPart(int i) =>
        new(Parts[i].Name, Parts[i].Floods, _parts[i], _seen!.Parts[i], Spent(i, one => one.Acknowledged), Spent(i, one => one.Everywhere));

    private Histogram Spent(int part, Func<(int Part, long Sent, long Acknowledged, long Everywhere), long> until)
    {
        var spent = new Histogram();
        foreach (var one in _alarms.Where(one => one.Part == part))
            spent.Add((long)(_seen!.Between(one.Sent, until(one)) * 1e3));
        return spent;
    }

    public async ValueTask DisposeAsync()
    {
        if (_flooder is not null)
            await _flooder.DisposeAsync();
        if (_rig is not null)
            await _rig.DisposeAsync();
        else if (_server is not null)
            await _server.DisposeAsync();
        if (_wire is not null)
            await _wire.DisposeAsync();
        _folder?.Dispose();
    }
}
