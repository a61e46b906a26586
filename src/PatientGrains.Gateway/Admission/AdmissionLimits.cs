namespace PatientGrains.Gateway.Admission;

/// <summary>
/// What may be under way and what may wait, each with its reason. What exceeds it is told <c>Busy</c> before anything was written, noted or
/// even parsed. A unit is a request with a body of up to <see cref="UnitBytes"/>.
/// </summary>
public sealed record AdmissionLimits
{
    /// <summary>Bytes of a body that cost as much as a request itself does: a large Bundle takes the room of many observations.</summary>
    public int UnitBytes { get; init; } = 16 << 10;

    /// <summary>
    /// Units of submissions under way that are always allowed, four times as many to a source that is alone: enough to keep two cores and
    /// a group commit busy. More of them would make larger groups, which cost less each, but a machine that does a few thousand a second
    /// takes longer than the target for them: who shares it with a flood then waits for the flood. <c>overload/flood</c> of the load tests
    /// prints the latency and what each costs.
    /// </summary>
    public int LeastSubmissions { get; init; } = 16;

    /// <summary>
    /// Units of submissions under way at most, however quick the store: beyond it groups do not get better, and this is 16 MB of bodies.
    /// </summary>
    public int MostSubmissions { get; init; } = 1_024;

    /// <summary>
    /// Between the two the limit follows this: how long a small submission may take on average from being let in to being durable while
    /// others wait, four times that while one source is alone. An alert needs that time twice (itself, then its delivery's access entry),
    /// so that 20 ms are kept. A store that needs longer for a single append needs a larger target.
    /// </summary>
    public TimeSpan SubmissionTarget { get; init; } = TimeSpan.FromMilliseconds(10);

    /// <summary>
    /// Units that each source has to itself, whatever the others do: a hundred observations a second, each of 20 ms, are two at a time. As
    /// many as there are sources may come on top of the limit.
    /// </summary>
    public int OwnUnits { get; init; } = 8;

    /// <summary>
    /// Units of reads under way: a page of a search counts as 4, of <c>$everything</c> as 16, about 10 MB each. Apart from submissions, so
    /// that a flood of writes leaves room to read.
    /// </summary>
    public int MostReads { get; init; } = 256;

    /// <summary>Questions about alerts and answers to them under way: people give them, and nothing else may be in their way.</summary>
    public int MostAlertAnswers { get; init; } = 64;

    /// <summary>
    /// Requests of one source and kind that wait for their turn: at 5,000 a second a tenth of a second's work. A stream is not among them:
    /// one submission of it waits, and the rest waits at its sender.
    /// </summary>
    public int MaxWaiting { get; init; } = 512;

    /// <summary>Bytes of bodies that wait for their turn, over all sources: streams are bound by this as well.</summary>
    public long MaxWaitingBytes { get; init; } = 256L << 20;

    /// <summary>How long a request waits for its turn before it is told to come back; a stream waits as long as it takes.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Bytes of HTTP bodies that are being read or worked on, over all requests, slow senders among them.</summary>
    public long MaxBodyBytes { get; init; } = 512L << 20;

    /// <summary>A body from this size on is scanned in one of <see cref="LargeScans"/> slots: it keeps a core for milliseconds.</summary>
    public int LargeScanBytes { get; init; } = 64 << 10;

    /// <summary>Large bodies that are scanned at once: a core is left to everybody else, where there are two.</summary>
    public int LargeScans { get; init; } = Math.Max(1, Environment.ProcessorCount - 1);
}
