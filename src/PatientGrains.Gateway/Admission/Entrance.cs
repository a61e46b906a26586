using PatientGrains.Fhir;
using PatientGrains.Gateway.Intake;

namespace PatientGrains.Gateway.Admission;

/// <summary>What kind of request it is: each kind has room of its own, so that none starves another.</summary>
internal enum Lane
{
    /// <summary>Writes of resources.</summary>
    Submissions,
    /// <summary>Audited reads and searches.</summary>
    Reads,
    /// <summary>A patient's alerts, and people's answers to them.</summary>
    Alerts,
}

/// <summary>
/// The way in for all fronts: how much is under way, whose turn it is, and what is refused before it is read. Subscriptions have limits of
/// their own and do not come by here; nor do imports into a store on which no server runs.
/// </summary>
internal sealed class Entrance : IDisposable
{
    private readonly AdmissionLimits _limits;
    private readonly ScannerPool _scanners;
    private readonly Turnstile _submissions, _reads, _alerts, _scans;
    private long _bodyBytes;

    public Entrance(GatewayOptions options, ScannerPool scanners, TimeProvider clock)
    {
        var limits = options.Admission;
        (_limits, _scanners) = (limits, scanners);
        _submissions = Make("submissions", limits.OwnUnits,
            new Pace(limits.LeastSubmissions, limits.MostSubmissions, limits.SubmissionTarget, clock));
        _reads = Make("reads", limits.OwnUnits, Standing(limits.MostReads));
        _alerts = Make("alerts", limits.OwnUnits, Standing(limits.MostAlertAnswers));
        _scans = Make("scans", 0, Standing(limits.LargeScans));

        Pace Standing(int limit) => new(limit, limit, TimeSpan.Zero, clock);
        Turnstile Make(string name, int own, Pace pace) =>
            new(new TurnstileLimits(name, own, limits.MaxWaiting, limits.MaxWaitingBytes, limits.Patience), pace, clock);
    }

    /// <summary>A request that is to be let in. Dispose it when it is answered.</summary>
    public Visit Visit(Lane lane, string source, bool isStream, CancellationToken cancel) => new(this, Of(lane), source, isStream, cancel);

    /// <summary>
    /// Scans a body of a request that was let in. Large ones take turns: else as many as there are cores would keep all of them for as long
    /// as they take.
    /// </summary>
    public ValueTask<ScannedResource> Scan(string source, ReadOnlyMemory<byte> utf8) =>
        utf8.Length < _limits.LargeScanBytes ? new(_scanners.Scan(utf8)) : ScanLarge(source, utf8);

    private async ValueTask<ScannedResource> ScanLarge(string source, ReadOnlyMemory<byte> utf8)
    {
        // It was let in: it waits for its turn, and is not refused any more.
        using var place = await _scans.Enter(source, 1, 0, isStream: true, default);
        return _scanners.Scan(utf8);
    }

    private Turnstile Of(Lane lane) => lane switch
    {
        Lane.Submissions => _submissions,
        Lane.Reads => _reads,
        _ => _alerts,
    };

    public void Dispose()
    {
        foreach (var turnstile in (Turnstile[])[_submissions, _reads, _alerts, _scans])
            turnstile.Dispose();
    }

    /// <summary>What a lane looks like now; for tests.</summary>
    internal (int UnderWay, int Limit, List<(string Source, int Waiting)> Waiting) Look(Lane lane) => Of(lane).Look();

    internal int UnitsOf(long bytes) => 1 + (int)(bytes / _limits.UnitBytes);

    internal bool HoldBody(long bytes)
    {
        if (Interlocked.Add(ref _bodyBytes, bytes) <= _limits.MaxBodyBytes || bytes <= 0)
            return true;
        Interlocked.Add(ref _bodyBytes, -bytes);
        return false;
    }
}

/// <summary>One request on its way in.</summary>
internal sealed class Visit(Entrance entrance, Turnstile turnstile, string source, bool isStream, CancellationToken cancel) : IDisposable
{
    private Turnstile.Place? _place;
    private long _held;

    /// <summary>Whether it need not bring its body at all, because it would be refused.</summary>
    public bool IsRefused => turnstile.Refuses(source);

    public bool IsIn => _place is not null;

    /// <summary>Counts bytes of the body as they are read; false when too many are held already.</summary>
    public bool Hold(long bytes)
    {
        if (!entrance.HoldBody(bytes))
            return false;
        _held += bytes;
        return true;
    }

    /// <summary>Ends when it may go on; false when it is too busy for that. Nothing has been written then.</summary>
    /// <param name="bytes">Of the body.</param>
    /// <param name="units">What it costs besides.</param>
    public async ValueTask<bool> Enter(long bytes, int units = 0)
    {
        _place = await turnstile.Enter(source, entrance.UnitsOf(bytes) + Math.Max(0, units - 1), bytes, isStream, cancel);
        return _place is not null;
    }

    public void Dispose()
    {
        _place?.Dispose();
        entrance.HoldBody(-_held);
        _held = 0;
    }
}
