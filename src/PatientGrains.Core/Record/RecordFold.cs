using PatientGrains.Core.Screening;

namespace PatientGrains.Core.Record;

/// <summary>How events become a record. Deterministic; never throws: what was logged is a fact, whatever one thinks of it now.</summary>
public static class RecordFold
{
    /// <summary>Folds one event into the record; the event's sequence number is the record's <see cref="PatientRecord.NextSeq"/>.</summary>
    public static void Evolve(PatientRecord record, Event happened)
    {
        long seq = record.NextSeq++;
        switch (happened)
        {
            case ResourceStored stored:
                Put(record, record.Ensure(stored.Key), seq, stored.Version, stored.At, stored.Source, stored.MessageId, stored.Body);
                record.Lines.Add(seq, stored);
                break;
            case ResourceDeleted deleted:
                Put(record, record.Ensure(deleted.Key), seq, deleted.Version, deleted.At, deleted.Source, deleted.MessageId, null);
                break;
            case SubmissionAccepted accepted:
                record.Submissions.Add(record.MessageOf(accepted.Source, accepted.MessageId), accepted.Digest, seq);
                record.ChangedAt = accepted.At > record.ChangedAt ? accepted.At : record.ChangedAt;
                break;
            case AccessRecorded:
                break;
            case AlertRaised or AlertWorsened or AlertClosed or AlertWithdrawn or AlertAcknowledged or AlertEscalated or AlertSnoozed
                or AlertResumed or AlertOverridden:
                record.Episodes = record.Episodes.After((AlertEvent)happened);
                record.Lines.Add(seq, (AlertEvent)happened);
                break;
        }
    }

    private static void Put(
        PatientRecord record, Statement statement, long seq, int version, DateTimeOffset at, string source, string messageId,
        StatementBody? body)
    {
        var before = statement.Findings;
        record.CurrentBytes -= statement.State.Body.Size;
        var left = statement.Become(seq, version, at, record.MessageOf(source, messageId), body);
        if (left is not null)
            record.Dissolve(left);
        record.CurrentBytes += statement.State.Body.Size;
        if (version > 1 || body is null)
            record.Chart = record.Chart.Without(statement.Key, before);
        if (body is not null)
            record.AddToChart(statement.Key, version, body.Findings);
    }
}
