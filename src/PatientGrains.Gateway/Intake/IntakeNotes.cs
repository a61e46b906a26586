using PatientGrains.Core.Access;
using PatientGrains.Core.Record;

namespace PatientGrains.Gateway.Intake;

/// <summary>Writes down, in a security log, accesses of the intake that no record logs.</summary>
internal sealed class IntakeNotes(Records records)
{
    /// <summary>
    /// Refusals that rest on what is stored say something about it, so they are accesses; they have no record of their own.
    /// </summary>
    public async Task<Problem> Refusal(SubmissionPlan plan, Submission s, Problem problem)
    {
        string why = problem.Why switch
        {
            Rejected { Issues: [var issue, ..] } => issue.Rule,
            RuleBroken broken => broken.Refused.Rule.ToString(),
            _ => "",
        };
        var conditions = plan.Changes.Select(change => change.Condition).Concat(plan.References.Select(reference => reference.Condition));
        await Note(plan, s, string.Join(' ', conditions.OfType<Condition>().Take(3).Select(condition => condition.Asked)), why);
        return problem;
    }

    /// <summary>Deletes of what never existed have no record that could log them.</summary>
    public async Task Unknown(SubmissionPlan plan, Submission s)
    {
        foreach (var change in plan.Changes)
        {
            if (change.Kind == ChangeKind.Delete && change.Log is null)
                await Note(plan, s, change.Key.ToString(), null);
        }
    }

    private Task Note(SubmissionPlan plan, Submission s, string asked, string? refusedBy) =>
        records.Security(s.MessageId).Ask(new NoteAccess
    {
        Who = s.Who,
        RequestId = s.RequestId,
        Interaction = plan.Interaction,
        Asked = asked.Length > 0 ? asked : plan.Interaction,
        RefusedBy = refusedBy,
    });
}
