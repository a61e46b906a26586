using PatientGrains.Core.Record;
using PatientGrains.Fhir;

namespace PatientGrains.Gateway.Intake;

/// <summary>
/// Decides which record each change goes to, once ids are known: a Patient is its own record; what names a patient in its compartment elements goes to that patient's;
/// everything else has a record of its own. Pure.
/// </summary>
internal static class Placing
{
    private const string PatientPrefix = "Patient/";

    public static bool IsPatientLog(string log) => log.StartsWith(PatientPrefix, StringComparison.Ordinal);

    public static Problem? Place(SubmissionPlan plan, IntakeOptions options)
    {
        foreach (var change in plan.Changes)
        {
            if (change.Kind != ChangeKind.Delete && !change.HasMatch)
                change.Log = null;
        }
        foreach (var change in plan.Changes)
        {
            if (change.Log is null && change.Kind != ChangeKind.Delete && Place(change, options, plan.Changes.Count) is { } problem)
                return problem;
        }
        return CheckIdentities(plan) ?? CheckRecords(plan, options);
    }

    /// <param name="change">A create or update.</param>
    /// <param name="options">Knows our own base URLs.</param>
    /// <param name="depth">How many steps from resource to resource are left; a chain cannot be longer than the submission.</param>
    private static Problem? Place(PlannedChange change, IntakeOptions options, int depth)
    {
        var resource = change.Resource!;
        change.Log = change.Key.ToString();
        if (change.Key.IsPatient || resource.PatientReference is not { } reference)
            return null;
        if (change.PatientLink is { } link)
        {
            change.Log = link.Target.Key.IsPatient ? link.Target.Text : LogOfTarget(link.Target, options, depth) ?? change.Log;
            return null;
        }
        if (reference.StartsWith("urn:", StringComparison.Ordinal))
        {
            return Problem.Unresolved(
                new(change.Index, resource.Type), "patient-unresolved",
                "The patient is named by a urn: that only a transaction's own entries could resolve, so it is unknown whose record this belongs to.");
        }
        if (Urls.TryKey(reference, options.BaseUrls, out var key) && key.IsPatient)
            change.Log = key.ToString();
        return null;
    }

    /// <summary>What is about an entry that belongs to a patient belongs to the same patient: a Provenance of an Observation tells as much as the Observation.</summary>
    private static string? LogOfTarget(LinkTarget target, IntakeOptions options, int depth)
    {
        if (target.Change is not { } other)
            return null;
        if (other.Log is null && depth > 0)
            _ = Place(other, options, depth - 1);
        return other.Log is { } log && IsPatientLog(log) ? log : null;
    }

    /// <summary>R4 3.1.0.11.2: when resource identities overlap, the transaction fails.</summary>
    private static Problem? CheckIdentities(SubmissionPlan plan)
    {
        if (plan.Changes.Count < 2)
            return null;
        var seen = new HashSet<ResourceKey>(plan.Changes.Count);
        foreach (var change in plan.Changes)
        {
            if (!seen.Add(change.Key))
                return Problem.Invalid(new(change.Index, "request"), "entry-overlap", "Two entries of the transaction are about the same resource (R4 3.1.0.11.2).");
        }
        return null;
    }

    private static Problem? CheckRecords(SubmissionPlan plan, IntakeOptions options)
    {
        string? patient = null;
        var others = new HashSet<string>();
        foreach (var change in plan.Changes)
        {
            if (change.Log is not { } log)
                continue;
            if (!IsPatientLog(log))
                others.Add(log);
            else if (patient is not null && patient != log)
                return Problem.Unsupported(
                    new(change.Index, "resource"), "two-patients",
                    "A transaction may write the record of one patient and resources outside patient records; this one is about two patients. "
                    + "Send one transaction for each, or a batch.");
            else
                patient = log;
        }
        return others.Count >= options.MaxRecords
            ? Problem.TooLarge(new(null, "Bundle.entry"), "transaction-records", $"A transaction may write {options.MaxRecords} records.")
            : null;
    }
}
