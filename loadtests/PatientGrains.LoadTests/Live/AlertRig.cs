using Google.Protobuf;
using PatientGrains.Core.Access;
using PatientGrains.Grpc.V1;
using PatientGrains.LoadTests.Running;
using PatientGrains.LoadTests.Stores;

namespace PatientGrains.LoadTests.Live;

/// <summary>Whom alerts go to.</summary>
internal enum Audience
{
    /// <summary>Each subscriber has one unit.</summary>
    OfUnits,
    /// <summary>Each subscriber gets all.</summary>
    OfAll,
}

/// <summary>A server with a hospital in it, monitors that submit over gRPC streams, and subscribers to its alerts.</summary>
internal sealed class AlertRig : IAsyncDisposable
{
    /// <summary>So long after the last acknowledgement an alert is late enough to be called lost.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private readonly IHospitalServer _server;
    private readonly Monitors _monitors;
    private readonly List<Subscriber> _prompt = [];
    private readonly List<Subscriber> _others = [];
    private readonly Lock _gate = new();

    private AlertRig(Hospital hospital, IHospitalServer server, Alarms alarms)
    {
        (Hospital, _server, Alarms) = (hospital, server, alarms);
        _monitors = new Monitors(hospital, server.Address, server.Login("load-monitor", Role.Integrator));
    }

    public Hospital Hospital { get; }

    public Alarms Alarms { get; }

    /// <summary>Subscribers that read what they get.</summary>
    public IReadOnlyList<Subscriber> Prompt => _prompt;

    /// <summary>Slow and dead ones.</summary>
    public IReadOnlyList<Subscriber> Others => _others;

    /// <summary>Opened, with all subscribers waiting for the first alert.</summary>
    public static async Task<AlertRig> Open(Bench bench, Audience audience, Kind kind = Kind.Sqlite)
    {
        var hospital = new Hospital(bench.Settings.Inpatients, bench.Settings.Seed);
        return await Open(bench.Settings, audience, hospital, await LiveServer.Start(bench, hospital, kind));
    }

    /// <param name="settings">How many subscribers.</param>
    /// <param name="audience">What they get.</param>
    /// <param name="hospital">That the server has.</param>
    /// <param name="server">Ends with the rig.</param>
    public static async Task<AlertRig> Open(Settings settings, Audience audience, Hospital hospital, IHospitalServer server)
    {
        int subscribers = settings.Subscribers;
        int Receivers(int unit) => audience == Audience.OfAll ? subscribers
            : Enumerable.Range(0, subscribers).Count(subscriber => subscriber % Hospital.Units == unit);
        var rig = new AlertRig(hospital, server, new Alarms(hospital, Receivers, TimeProvider.System));
        for (int i = 0; i < subscribers; i++)
        {
            var request = new SubscribeAlertsRequest { Start = FeedStart.Now };
            if (audience == Audience.OfUnits)
                request.Units.Add(Hospital.UnitOf(i % Hospital.Units));
            rig._prompt.Add(rig.Subscribe($"load-alerting-{i}", request, Pace.Prompt, rig.Alarms));
        }
        await Task.WhenAll(rig._prompt.Select(subscriber => subscriber.Begun));
        return rig;
    }

    /// <summary>Others, who want everything from the beginning and do not read it.</summary>
    public async Task Disturb()
    {
        foreach (var pace in (Pace[])[Pace.Slow, Pace.Dead])
        {
            var request = new SubscribeAlertsRequest { Start = FeedStart.Beginning };
            _others.Add(Subscribe($"load-{pace}", request, pace, null));
        }
        await Task.WhenAll(_others.Select(subscriber => subscriber.Begun));
    }

    /// <summary>A vital sign that nobody need look at; ends when it is acknowledged.</summary>
    public ValueTask<Done> Vital(Arrival arrival) => _monitors.Send(arrival);

    /// <summary>The next alarming value of a patient, or its correction; ends when it is acknowledged.</summary>
    /// <param name="patient">Null for whom the number is about.</param>
    /// <param name="arrival">When it was due.</param>
    /// <param name="own">Where latencies are noted.</param>
    public async Task<Alarm> Alarm(int? patient, Arrival arrival, Recorder own)
    {
        int whose = patient ?? Hospital.Whom.Of(arrival.Number);
        Alarm alarm;
        long sent;
        Task<SubmissionAnswer> answered;
        // The versions of a value must be sent in their order.
        lock (_gate)
        {
            sent = TimeProvider.System.GetTimestamp();
            alarm = Alarms.Next(whose, arrival.Due, arrival.Counts ? own : null);
            answered = _monitors.LaneOf(whose).Send(new Submission
            {
                MessageId = $"a-{whose}-{alarm.Version}",
                Kind = SubmissionKind.Update,
                Type = "Observation",
                Id = Hospital.AlarmOf(whose),
                Body = UnsafeByteOperations.UnsafeWrap(Hospital.Alarm(whose, alarm.Raises, TimeProvider.System.GetUtcNow())),
            });
        }
        await answered;
        Alarms.Acknowledged(alarm);
        if (arrival.Counts)
        {
            own.Of(Alarms.DueToSent).Add(arrival.Due, sent);
            own.Of(Alarms.SentToAck).Add(sent, TimeProvider.System.GetTimestamp());
        }
        return alarm;
    }

    /// <summary>Waits for what is on its way.</summary>
    public async Task Settle()
    {
        long begun = TimeProvider.System.GetTimestamp();
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (Alarms.Lost > 0 && TimeProvider.System.GetElapsedTime(begun) < Patience)
            await timer.WaitForNextTickAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _monitors.DisposeAsync();
        await Parallel.ForEachAsync(_prompt.Concat(_others), async (subscriber, _) => await subscriber.DisposeAsync());
        await _server.DisposeAsync();
    }

    private Subscriber Subscribe(string subject, SubscribeAlertsRequest request, Pace pace, Alarms? to) =>
        new(_server.Address, _server.Login(subject, Role.Alerting), request, pace, to);
}
