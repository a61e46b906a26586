using PatientGrains.Core.Access;
using PatientGrains.Core.Record;
using PatientGrains.Fhir;

namespace PatientGrains.Gateway.Intake;

/// <summary>
/// Carries a plan out: settle, place, write; and again, a bounded number of times, when somebody else took an id or met a condition in
/// between.
/// Until the one call that writes, nothing has happened.
/// </summary>
internal sealed class SubmissionRun(Records records, IntakeOptions options, TimeProvider time)
{
    private readonly DerivedIds _ids = new(options.IdSecret);
    private readonly Routing _routing = new(options);
    private readonly Sending _sending = new(records);
    private readonly IntakeNotes _notes = new(records);

    /// <returns>Why nothing was written; null when each change has its answer.</returns>
    public async Task<Problem?> Run(SubmissionPlan plan, Submission s, Blob digest)
    {
        // Conditions are evaluated before a record decides: who may not write is not told by them what exists.
        if (plan.NeedsLookUps && AccessPolicy.RefusalFor(s.Who, AccessKind.WriteRecord) is { } rule)
            return await _notes.Refusal(plan, s, Problem.Broken(new Refused(rule)));
        var search = new ConditionSearch(records, options);
        bool isLost = false;
        for (int look = 0; look < options.MaxLooks; look++)
        {
            // A part of it may have been taken the look before, and is asked again.
            if (look > 0)
                plan.Changes.ForEach(static change => change.Answer = null);
            if (await new Settling(search, records, _ids).Settle(plan, s) is { } unsettled)
                return await _notes.Refusal(plan, s, unsettled);
            if ((Placing.Place(plan, options) ?? await KeepOwners(plan, s) ?? RouteAndCheck(plan)) is { } misplaced)
                return misplaced.Why is RuleBroken ? await _notes.Refusal(plan, s, misplaced) : misplaced;
            if (await Tell(plan, search, s) is { } refusedToTell)
                return refusedToTell;
            var refused = await _sending.Send(Writing.Build(plan, s, digest, time.GetUtcNow()));
            if (refused is null)
            {
                await _notes.Unknown(plan, s);
                Answers.Complete(plan);
                return null;
            }
            isLost = refused.Rule == Rule.Interrupted;
            if (isLost && (refused = await ExplainLoss(plan)) is null)
                continue;
            if (!LooksAgain(plan, refused))
            {
                var problem = Translate(plan, refused);
                return isLost ? await _notes.Refusal(plan, s, problem) : problem;
            }
        }
        return isLost ? Problem.Broken(new Refused(Rule.Interrupted)) : await _notes.Refusal(plan, s, Problem.Contended());
    }

    /// <summary>A create, update or delete by itself: a plan of one change, for which only conditional references are resolved.</summary>
    public async Task<IntakeAnswer> RunOne(string interaction, PlannedChange change, Submission s, Blob digest)
    {
        var plan = new SubmissionPlan { Interaction = interaction, IsTransaction = false };
        plan.Changes.Add(change);
        if (LinkReading.Read(plan, options.BaseUrls) is { } unlinked)
            return unlinked.Why;
        return await Run(plan, s, digest) is { } problem ? problem.Why : change.Answer!;
    }

    private Problem? RouteAndCheck(SubmissionPlan plan)
    {
        _routing.Route(plan);
        return Placing.Check(plan, options);
    }

    /// <summary>
    /// A resource stays in its record: moving it to another patient's is refused, and when its new content names no patient it is not moved
    /// out either. Asked before
    /// writing, so that nobody's record has to find out by a failed append.
    /// </summary>
    private async Task<Problem?> KeepOwners(SubmissionPlan plan, Submission s)
    {
        // Who may not write is refused by the record, which logs it, and hears nothing about what exists elsewhere.
        if (!plan.Changes.Exists(MayBelongElsewhere) || AccessPolicy.RefusalFor(s.Who, AccessKind.WriteRecord) is not null)
            return null;
        var owned = plan.Changes.FindAll(MayBelongElsewhere);
        var owners = await Task.WhenAll(owned.Select(change => records.OwnerOf(change.Key)));
        foreach (var (change, owner) in owned.Zip(owners))
        {
            if (owner is null || owner == change.Log)
                continue;
            if (change.Resource!.PatientReference is not null)
                return Problem.Broken(new Refused(Rule.BelongsElsewhere, change.Key), change.Index);
            change.Log = owner;
        }
        return null;
    }

    private static bool MayBelongElsewhere(PlannedChange change) =>
        change is { GetsNewId: false, Kind: not ChangeKind.Delete } && !change.Key.IsPatient
        && FhirTypes.CanBelongToPatient(change.Key.Type);

    /// <summary>
    /// A conditional reference tells that a patient exists; a patient whose record is not written otherwise gets an access entry for it.
    /// </summary>
    private static async Task<Problem?> Tell(SubmissionPlan plan, ConditionSearch search, Submission s)
    {
        foreach (var reference in plan.References)
        {
            if (reference.FoundIn is not { } log || !Placing.IsPatientLog(log) || plan.Changes.Exists(change => change.Log == log))
                continue;
            if (await search.Tell(log, reference.Condition, s) is { } refused)
                return Problem.Broken(refused, reference.Entry);
        }
        return null;
    }

    /// <summary>
    /// An append lost to another one, and nothing was acknowledged: over an id that another record claimed, or because the activation was
    /// not the only one.
    /// </summary>
    /// <returns>What to make of it; null when the same may be tried again.</returns>
    private async Task<Refused?> ExplainLoss(SubmissionPlan plan)
    {
        foreach (var change in plan.Changes)
        {
            if (change.GetsNewId && !change.HasMatch && await records.OwnerOf(change.Key) is { } owner && owner != change.Log)
                return new Refused(Rule.BelongsElsewhere, change.Key);
        }
        return null;
    }

    /// <summary>Whether the refusal is about a conditional create that can be decided anew, which it is then made ready for.</summary>
    private static bool LooksAgain(SubmissionPlan plan, Refused refused)
    {
        if (refused.Rule is not (Rule.ConditionIdTaken or Rule.BelongsElsewhere))
            return false;
        var change = plan.Changes.Find(change => change.Condition is not null && (refused.Key is null || change.Key == refused.Key));
        if (change is null)
            return false;
        if (!change.HasMatch)
            change.Generation++;
        return true;
    }

    private static Problem Translate(SubmissionPlan plan, Refused refused)
    {
        var change = plan.Changes.Find(change => change.Key == refused.Key);
        return (refused.Rule, change) switch
        {
            // The id derives from the message: only the same message with another patient can meet it in another record.
            (Rule.BelongsElsewhere, { GetsNewId: true, Condition: null }) =>
                Problem.Broken(refused with { Rule = Rule.MessageIdReused }, change.Index),
            (Rule.ResourceExists, { MustBeNew: true }) => Problem.PreconditionFailed(
                PlaceInBundle.Request(change.Index, "ifNoneMatch"), "if-none-match", "A resource with this id exists already."),
            _ => Problem.Broken(refused, plan.IsTransaction ? change?.Index : null),
        };
    }
}
