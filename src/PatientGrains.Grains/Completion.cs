using System.Collections.Immutable;
using PatientGrains.Core.Access;
using PatientGrains.Core.Record;
using PatientGrains.Log;

namespace PatientGrains.Grains;

/// <summary>
/// Reads from the log what an outcome promises and the record does not hold in memory: older versions, old answers, the access log.
/// </summary>
internal sealed class Completion(PatientJournal<PatientRecord, Event> journal)
{
    /// <summary>Nearly every answer is whole as it is, and goes on as it is.</summary>
    public ValueTask<Outcome> Fill(Outcome outcome, Command command) => outcome switch
    {
        Accepted { AnswerSeq: not null } or AccessLogReleased or FeedReleased => new(Read(outcome, command)),
        Released released when released.Versions.Any(IsElsewhere) => new(Read(outcome, command)),
        _ => new(outcome),
    };

    private async Task<Outcome> Read(Outcome outcome, Command command) => (outcome, command) switch
    {
        (Accepted { AnswerSeq: { } seq }, Submit submit) => await OldAnswer(seq, submit.WantsBodies),
        (Released released, _) => released with { Versions = await Bodies(released.Versions) },
        (AccessLogReleased log, ReadAccessLog read) => log with { Entries = await Entries(log.BeforeSeq, read.Skip, read.Count) },
        (FeedReleased released, ReleaseFeed release) => released with { Items = await Lines(released.Items, release.Feed) },
        _ => outcome,
    };

    /// <summary>The changes of a submission lie right before its <see cref="SubmissionAccepted"/>, in order.</summary>
    private async Task<Outcome> OldAnswer(long seq, bool wantsBodies)
    {
        var accepted = (SubmissionAccepted)(await journal.ReadAt([seq]))[0];
        ImmutableArray<StoredVersion> versions = [];
        if (wantsBodies)
        {
            int changes = accepted.Results.Count(result => result.Effect != ChangeEffect.Unchanged);
            long[] seqs = [.. Enumerable.Range(0, changes).Select(i => seq - changes + i)];
            var events = await journal.ReadAt(seqs);
            versions = [.. events.Zip(seqs, VersionOf).Where(version => !version.Deleted)];
        }
        return new Accepted(accepted.Results, versions) { Repeated = true };
    }

    private async Task<ImmutableArray<StoredVersion>> Bodies(ImmutableArray<StoredVersion> versions)
    {
        // In the order of the log, so that versions of one commit are opened together.
        long[] seqs = [.. versions.Where(IsElsewhere).Select(version => version.Seq).Order()];
        var events = await journal.ReadAt(seqs);
        var found = seqs.Zip(events).ToDictionary(pair => pair.First, pair => pair.Second);
        return [.. versions.Select(version => IsElsewhere(version) ? VersionOf(found[version.Seq], version.Seq) : version)];
    }

    /// <summary>Hands out only what really is a line of the feed, whatever the front asked for; the rest stays null.</summary>
    private async Task<ImmutableArray<FeedItem>> Lines(ImmutableArray<FeedItem> items, Feed feed)
    {
        long[] seqs = [.. items.Where(item => item.Happened is null).Select(item => item.Seq)];
        if (seqs.Length == 0)
            return items;
        var found = seqs.Zip(await journal.ReadAt(seqs)).ToDictionary(pair => pair.First, pair => pair.Second);
        return [.. items.Select(item => item.Happened is null ? item with { Happened = FeedItem.Line(feed, found[item.Seq]) } : item)];
    }

    private static bool IsElsewhere(StoredVersion version) => version is { Body: null, Deleted: false };

    private static StoredVersion VersionOf(Event happened, long seq) => happened switch
    {
        ResourceStored stored => new StoredVersion
        {
            Key = stored.Key, Version = stored.Version, At = stored.At, Source = stored.Source, Deleted = false, Seq = seq,
            Body = stored.Body with { Terms = default },
        },
        ResourceDeleted deleted => new StoredVersion
        {
            Key = deleted.Key, Version = deleted.Version, At = deleted.At, Source = deleted.Source, Deleted = true, Seq = seq,
        },
        _ => throw new InvalidOperationException("The record says that a version lies here, the log has something else."),
    };

    /// <summary>Newest first. The log is read from its beginning, a page at a time; only what is asked for is kept.</summary>
    private async Task<ImmutableArray<AccessEntry>> Entries(long beforeSeq, int skip, int count)
    {
        var newest = new Queue<AccessEntry>();
        await foreach (var (seq, happened) in journal.Read(0))
        {
            if (seq >= beforeSeq)
                break;
            if (happened is not AccessRecorded recorded)
                continue;
            newest.Enqueue(recorded.Entry);
            if (newest.Count > skip + count)
                newest.Dequeue();
        }
        return [.. newest.Reverse().Skip(skip).Take(count)];
    }
}
