using System.Collections.Immutable;
using PatientGrains.Core.Access;
using PatientGrains.Core.Screening;
using PatientGrains.Core.Search;

namespace PatientGrains.Core.Record;

/// <summary>
/// Changes of one record, all or nothing, under the message id of their source. Repeating it gives the same answer and no new change.
/// </summary>
public sealed record Submit : Command
{
    public required string MessageId { get; init; }

    /// <summary>SHA-256 of the submission's content as it arrived.</summary>
    public required Blob Digest { get; init; }

    /// <summary>Code of restful-interaction for the access entry: create, update, delete, transaction, batch.</summary>
    public required string Interaction { get; init; }

    public required ImmutableArray<Change> Changes { get; init; }

    /// <summary>Whether the answer shall carry the bodies (Prefer: return=representation).</summary>
    public bool WantsBodies { get; init; }
}

public enum ChangeKind
{
    Create = 1,
    /// <summary>Also creates, under the id that the client chose (R4 3.1.0.4.1).</summary>
    Update = 2,
    Delete = 3,
}

/// <summary>One change of a submission.</summary>
public sealed record Change
{
    public required ChangeKind Kind { get; init; }
    public required ResourceKey Key { get; init; }

    /// <summary>Null for a delete.</summary>
    public StatementBody? Body { get; init; }

    /// <summary>The version that must be current (If-Match).</summary>
    public int? IfVersion { get; init; }

    /// <summary>
    /// Create only if nothing matches (If-None-Exist, R4 3.1.0.8.1); <see cref="Key"/> is then derived from the criteria.
    /// </summary>
    public ImmutableArray<Criterion> IfNoneExist { get; init => field = value.IsDefault ? [] : value; } = [];

    /// <summary>
    /// Other changes of the submission refer to <see cref="Key"/>: should the criteria match a resource under another id, refuse
    /// (<see cref="Rule.ConditionIdTaken"/>) so that the front resolves again, since their references would point to nothing.
    /// </summary>
    public bool IsReferredTo { get; init; }
}

internal static class SubmitDecision
{
    /// <summary>Statements of one record; at 2 KB each this is about 2 GB, past what one activation should hold.</summary>
    internal const int MaxStatements = 1_000_000;

    public static Decision Decide(PatientRecord record, Submit submit, Facts facts, Screener screener)
    {
        if (AccessPolicy.RefusalFor(submit.Who, AccessKind.WriteRecord) is { } denied)
            return Refuse(submit, facts, new Refused(denied));
        string source = submit.Who!.Source;
        if (record.Submissions.Find(source, submit.MessageId) is { } known)
            return Repeat(submit, known, facts);

        var draft = new Draft(record, submit, facts, screener);
        for (int i = 0; i < submit.Changes.Length; i++)
        {
            if (draft.Add(submit.Changes[i], i) is { } refused)
                return Refuse(submit, facts, refused);
        }
        return draft.Finish();
    }

    private static Decision Repeat(Submit submit, Remembered known, Facts facts) =>
        known.Digest != submit.Digest
            ? Refuse(submit, facts, new Refused(Rule.MessageIdReused))
            // No new events: the access entry of the first time stands for what was written, and the answer releases nothing but ids and
            // versions.
            : new Decision([], new Accepted([], []) { Repeated = true, AnswerSeq = known.Seq });

    private static Decision Refuse(Submit submit, Facts facts, Refused refused) =>
        ReadDecision.Refuse(AccessEntry.For(submit, facts, submit.Interaction, Asked(submit)), refused);

    private static string Asked(Submit submit) =>
        submit.Changes.Length == 1 ? submit.Changes[0].Key.ToString() : $"{submit.Changes.Length} changes";

    /// <summary>The decision as it grows, change by change, over a record that must not change before all are accepted.</summary>
    private sealed class Draft(PatientRecord record, Submit submit, Facts facts, Screener screener)
    {
        private readonly ImmutableArray<Event>.Builder _events = ImmutableArray.CreateBuilder<Event>(submit.Changes.Length + 2);
        private readonly ImmutableArray<ChangeResult>.Builder _results = ImmutableArray.CreateBuilder<ChangeResult>(submit.Changes.Length);
        private readonly ImmutableArray<StoredVersion>.Builder _bodies = ImmutableArray.CreateBuilder<StoredVersion>(0);
        private HashSet<ResourceKey>? _touched;

        private string Source => submit.Who!.Source;

        public Refused? Add(Change change, int index)
        {
            if (!Touch(change.Key))
                return new Refused(Rule.ChangedTwice, change.Key, index);
            if (change.Body is null && change.Kind != ChangeKind.Delete)
                throw new ArgumentException("A create or an update needs a body.");
            var present = record.Find(change.Key);
            if (change.IfVersion is { } expected && (present is null || present.IsDeleted || present.Version != expected))
                return new Refused(Rule.VersionStale, change.Key, index, present?.Version);
            return change.Kind switch
            {
                ChangeKind.Create when !change.IfNoneExist.IsEmpty => CreateIfNoneExists(change, present, index),
                ChangeKind.Create => Create(change, present, index),
                ChangeKind.Update => Update(change, present, index),
                ChangeKind.Delete => Delete(change, present),
                // Never a delete by default: the kind may come from a newer program.
                var unknown => throw new ArgumentException($"No change of kind {(int)unknown} is known."),
            };
        }

        /// <returns>False when another change of the submission is about the same resource.</returns>
        private bool Touch(ResourceKey key) => submit.Changes.Length == 1 || (_touched ??= []).Add(key);

        private Refused? Create(Change change, Statement? present, int index)
        {
            if (present is null)
                return Store(change, 1, ChangeEffect.Created, index);
            // The server derives the id of a create from its message: this very one came before, longer ago than submissions are
            // remembered.
            if (present.Origin != new Origin(Source, submit.MessageId))
                return new Refused(Rule.ResourceExists, change.Key, index, present.Version);
            return present.Version > 1 || (!present.IsDeleted && present.Json == change.Body!.Json)
                ? Keep(present)
                : new Refused(Rule.MessageIdReused, change.Key, index, present.Version);
        }

        private Refused? CreateIfNoneExists(Change change, Statement? present, int index)
        {
            Statement? match = null;
            foreach (var candidate in record.OfType(change.Key.Type))
            {
                if (candidate.IsDeleted || !Criterion.AllMatch(change.IfNoneExist, candidate))
                    continue;
                if (match is not null)
                    return new Refused(Rule.ConditionAmbiguous, change.Key, index);
                match = candidate;
            }
            if (match is not null && match.Key != change.Key && change.IsReferredTo)
                return new Refused(Rule.ConditionIdTaken, change.Key, index);
            if (match is not null)
                return match.Key == change.Key || Touch(match.Key) ? Keep(match) : new Refused(Rule.ChangedTwice, match.Key, index);
            return present is null
                ? Store(change, 1, ChangeEffect.Created, index)
                : new Refused(Rule.ConditionIdTaken, change.Key, index, present.Version);
        }

        private Refused? Update(Change change, Statement? present, int index)
        {
            if (present is { IsDeleted: false } && present.Source == Source && present.Json == change.Body!.Json)
                return Keep(present);
            // R4 3.1.0.4: 201 also for a resource that is brought back to life.
            var effect = present is null or { IsDeleted: true } ? ChangeEffect.Created : ChangeEffect.Updated;
            return Store(change, (present?.Version ?? 0) + 1, effect, index);
        }

        private Refused? Delete(Change change, Statement? present)
        {
            if (present is null)
            {
                // R4 3.1.0.7: deleting what does not exist is no error; there is no version to name.
                _results.Add(new ChangeResult(change.Key, 0, ChangeEffect.Unchanged, facts.Now));
                return null;
            }
            if (present.IsDeleted)
                return Keep(present);
            int version = present.Version + 1;
            _events.Add(new ResourceDeleted
            {
                Key = change.Key, Version = version, At = facts.Now, Source = Source, MessageId = submit.MessageId,
            });
            Say(change.Key, version, ChangeEffect.Deleted, null);
            return null;
        }

        private Refused? Keep(Statement present)
        {
            _results.Add(new ChangeResult(present.Key, present.Version, ChangeEffect.Unchanged, present.At));
            if (submit.WantsBodies && !present.IsDeleted)
                _bodies.Add(StoredVersion.Current(present));
            return null;
        }

        private Refused? Store(Change change, int version, ChangeEffect effect, int index)
        {
            if (version == 1 && record.Count + _events.Count >= MaxStatements)
                return new Refused(Rule.RecordFull, change.Key, index);
            _events.Add(new ResourceStored
            {
                Key = change.Key,
                Version = version,
                At = facts.Now,
                Source = Source,
                MessageId = submit.MessageId,
                Body = change.Body!,
            });
            Say(change.Key, version, effect, change.Body);
            return null;
        }

        private void Say(ResourceKey key, int version, ChangeEffect effect, StatementBody? body)
        {
            _results.Add(new ChangeResult(key, version, effect, facts.Now));
            if (!submit.WantsBodies || body is null)
                return;
            _bodies.Add(new StoredVersion
            {
                Key = key,
                Version = version,
                At = facts.Now,
                Source = Source,
                Deleted = false,
                Seq = record.NextSeq + _events.Count - 1,
                Body = body with { Terms = default },
            });
        }

        public Decision Finish()
        {
            var results = _results.DrainToImmutable();
            var alerts = screener.Screen(record, _events, facts.Now);
            // The changes lie right before this, in order: that is where a repeated submission finds the bodies of its old answer.
            _events.Add(new SubmissionAccepted
            {
                Source = Source,
                MessageId = submit.MessageId,
                Digest = submit.Digest,
                Results = results,
                At = facts.Now,
            });
            _events.AddRange(alerts);
            _events.Add(new AccessRecorded
            {
                Entry = AccessEntry.For(submit, facts, submit.Interaction, Asked(submit), Written(results)),
            });
            return new Decision(_events.DrainToImmutable(), new Accepted(results, _bodies.DrainToImmutable()));
        }

        private static ImmutableArray<ReleasedVersion> Written(ImmutableArray<ChangeResult> results)
        {
            var written = ImmutableArray.CreateBuilder<ReleasedVersion>(results.Length);
            foreach (var result in results)
            {
                if (result.Version > 0)
                    written.Add(new ReleasedVersion(result.Key, result.Version));
            }
            return written.DrainToImmutable();
        }
    }
}
