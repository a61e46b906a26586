using System.Collections.Immutable;
using PatientGrains.Core.Access;
using PatientGrains.Core.Screening;

namespace PatientGrains.Core.Record;

/// <summary>
/// What <see cref="ReleaseFeed"/> must know of a record's lines to filter and log them without reading the log: about 100 bytes for each
/// line ever, since a subscriber may resume from any of them.
/// </summary>
internal sealed class FeedIndex
{
    /// <summary>Newest alert events that are held whole, some 1 KB each: a subscriber that keeps up costs no read of the log.</summary>
    private const int MaxRecent = 16;

    private readonly Queue<(long Seq, AlertEvent Happened)> _recent = [];
    private readonly List<AlertLine> _alerts = [];
    private readonly List<QualityLine> _quality = [];

    public IReadOnlyList<AlertLine> Alerts => _alerts;

    public IReadOnlyList<QualityLine> Quality => _quality;

    public AlertLine? Alert(long seq) => Find(_alerts, seq, line => line.Seq);

    public QualityLine? QualityOf(long seq) => Find(_quality, seq, line => line.Seq);

    public void Add(AlertLine line) => _alerts.Add(line);

    public void Add(QualityLine line) => _quality.Add(line);

    public void Add(long seq, AlertEvent happened)
    {
        Add(new AlertLine(seq, happened.Number, happened.Rule, happened.Severity, VersionsIn(happened), happened.Unit));
        _recent.Enqueue((seq, happened));
        if (_recent.Count > MaxRecent)
            _recent.Dequeue();
    }

    /// <returns>Null when the event is not among the newest since the record was opened; it is in the log.</returns>
    public AlertEvent? Recent(long seq) => _recent.FirstOrDefault(held => held.Seq == seq).Happened;

    public void Add(long seq, ResourceStored stored)
    {
        foreach (var finding in stored.Body.Findings)
        {
            if (finding is not Doubted)
                continue;
            Add(new QualityLine(seq, stored.Source, new ReleasedVersion(stored.Key, stored.Version)));
            return;
        }
    }

    /// <summary>The observation versions whose values the event repeats.</summary>
    private static ImmutableArray<ReleasedVersion> VersionsIn(AlertEvent happened) => happened switch
    {
        AlertRaised raised => raised.Reason.Versions,
        AlertWorsened worsened => worsened.Reason.Versions,
        AlertClosed closed => closed.Reason.Versions,
        _ => [],
    };

    /// <summary>Lines are added in the order of the log.</summary>
    private static T? Find<T>(List<T> lines, long seq, Func<T, long> seqOf) where T : class
    {
        int low = 0;
        int high = lines.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (seqOf(lines[middle]) < seq)
                low = middle + 1;
            else
                high = middle;
        }
        return low < lines.Count && seqOf(lines[low]) == seq ? lines[low] : null;
    }
}

/// <param name="Seq">Where the event lies.</param>
/// <param name="Number"><see cref="AlertEvent.Number"/>.</param>
/// <param name="Rule"><see cref="AlertEvent.Rule"/>.</param>
/// <param name="Severity"><see cref="AlertEvent.Severity"/>.</param>
/// <param name="Versions">The versions whose values are in it.</param>
/// <param name="Unit"><see cref="AlertEvent.Unit"/>.</param>
internal sealed record AlertLine(
    long Seq, int Number, string Rule, Severity Severity, ImmutableArray<ReleasedVersion> Versions, string? Unit = null);

/// <param name="Seq">Where the event lies.</param>
/// <param name="Source">Who asserted it.</param>
/// <param name="Version">The version whose doubted values are in it.</param>
internal sealed record QualityLine(long Seq, string Source, ReleasedVersion Version);
