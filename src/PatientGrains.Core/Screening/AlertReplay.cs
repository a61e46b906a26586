using System.Buffers;
using PatientGrains.Core.Record;

namespace PatientGrains.Core.Screening;

/// <summary>
/// Reads a log from its beginning and says again, from the versions and times alone, which alerts had to be raised, worsened, withdrawn,
/// closed, escalated and resumed, commit by commit: what was known when is reproducible, and a log whose alerts are not those is found.
/// What humans answered is taken as it stands. The record follows the log, so that one difference does not make the next.
/// </summary>
public sealed class AlertReplay
{
    private readonly Screener _screener;
    private readonly List<Event> _changes = [];
    private readonly Queue<AlertEvent> _expected = [];
    private readonly List<AlertDifference> _differences = [];
    private bool _isSubmission;

    /// <summary>
    /// With the rules that run now; alerts of another version of a rule may differ (<see cref="AlertReason.RuleVersion"/>).
    /// </summary>
    public AlertReplay() : this(Screener.Published)
    {
    }

    internal AlertReplay(Screener screener) => _screener = screener;

    /// <summary>The record after what was added.</summary>
    public PatientRecord Record { get; } = new();

    /// <summary>How many alert events were as they had to be.</summary>
    public int Agreed { get; private set; }

    public IReadOnlyList<AlertDifference> Differences => _differences;

    /// <summary>The next event of the log, from sequence number 0 on.</summary>
    public void Add(Event happened)
    {
        switch (happened)
        {
            // Screening looks at the record before all changes of its decision.
            case ResourceStored or ResourceDeleted:
                EndDecision();
                _changes.Add(happened);
                return;
            case SubmissionAccepted accepted:
                EndDecision();
                Expect(_screener.Screen(Record, _changes, accepted.At));
                _isSubmission = true;
                EvolveChanges();
                break;
            case AlertAcknowledged or AlertSnoozed or AlertOverridden:
                EndDecision();
                break;
            case AlertEvent alert:
                // The engine woke the record by itself; a commit of its own has no other events.
                if (_expected.Count == 0 && !_isSubmission)
                    Expect(_screener.Wake(Record, alert.At));
                Compare(alert);
                break;
            case AccessRecorded:
                EndDecision();
                break;
        }
        RecordFold.Evolve(Record, happened);
    }

    /// <summary>After the last event: what had to be in its commit and is not, differs too.</summary>
    public void End()
    {
        EndDecision();
        EvolveChanges();
    }

    private void Expect(IEnumerable<AlertEvent> events)
    {
        foreach (var happened in events)
            _expected.Enqueue(happened);
    }

    private void Compare(AlertEvent logged)
    {
        var recomputed = _expected.Count > 0 ? _expected.Dequeue() : null;
        if (recomputed is not null && Bytes(recomputed).SequenceEqual(Bytes(logged)))
            Agreed++;
        else
            _differences.Add(new AlertDifference(Record.NextSeq, logged, recomputed));
    }

    private void EndDecision()
    {
        while (_expected.TryDequeue(out var missing))
            _differences.Add(new AlertDifference(Record.NextSeq, null, missing));
        _isSubmission = false;
    }

    private void EvolveChanges()
    {
        foreach (var change in _changes)
            RecordFold.Evolve(Record, change);
        _changes.Clear();
    }

    private static ReadOnlySpan<byte> Bytes(Event happened)
    {
        var output = new ArrayBufferWriter<byte>();
        WireCodec.Write(output, happened);
        return output.WrittenSpan;
    }
}

/// <summary>An alert event that the log has and should not have, or the other way round, or that says something else.</summary>
/// <param name="Seq">Where in the log.</param>
/// <param name="Logged">Null when the log has none.</param>
/// <param name="Recomputed">Null when none had to be.</param>
public sealed record AlertDifference(long Seq, AlertEvent? Logged, AlertEvent? Recomputed);
