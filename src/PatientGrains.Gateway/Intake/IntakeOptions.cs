using PatientGrains.Core.Record;

namespace PatientGrains.Gateway.Intake;

/// <summary>What the intake must be told, and its limits, each with its reason.</summary>
public sealed record IntakeOptions
{
    /// <summary>
    /// Key of the HMAC that ids are derived with, at least 32 bytes. All gateways of an installation need the same, for ever: with another,
    /// a retried submission gets
    /// other ids.
    /// </summary>
    public required ReadOnlyMemory<byte> IdSecret { get; init; }

    /// <summary>
    /// Makes ids that lead to their log, with the same ring as the log; without it every id is claimed in the locator.
    /// </summary>
    public RoutedIds? RoutedIds { get; init; }

    /// <summary>The blinded name of a log, by the same ring.</summary>
    public Func<string, UInt128>? BlindLog { get; init; }

    /// <summary>
    /// Absolute base URLs under which this server is known, without a slash at the end; references below them are our own.
    /// </summary>
    public IReadOnlyList<string> BaseUrls { get; init; } = [];

    /// <summary>
    /// Entries of one Bundle; a transaction is one commit per record and must fit in memory several times. The largest Synthea Bundle seen
    /// has 3,419.
    /// </summary>
    public int MaxEntries { get; init; } = 20_000;

    /// <summary>Records of one transaction; each is a grain that waits for the slowest.</summary>
    public int MaxRecords { get; init; } = 1_000;

    /// <summary>Records asked for one condition; a condition that so many may match is no identification.</summary>
    public int MaxCandidates { get; init; } = 64;

    /// <summary>
    /// Entries of a batch that are worked on at once: enough to share group commits, few enough to leave room for other requests.
    /// </summary>
    public int BatchWidth { get; init; } = 32;

    /// <summary>
    /// How often a conditional create looks again when others win the race; with one more after each, a loss means that somebody made
    /// progress.
    /// </summary>
    public int MaxLooks { get; init; } = 8;
}
