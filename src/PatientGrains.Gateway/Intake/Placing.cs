using PatientGrains.Core.Record;
using PatientGrains.Fhir;

namespace PatientGrains.Gateway.Intake;

/// <summary>
/// Decides which record each change goes to, once ids are known: a Patient is its own record; what names a patient in its compartment
/// elements goes to that patient's;
/// everything else has a record of its own. Pure.
/// </summary>
internal static class Placing
{
    private const string PatientType = "Patient";
    private const string PatientPrefix = PatientType + "/";

    public static bool IsPatientLog(string log) => log.StartsWith(PatientPrefix, StringComparison.Ordinal);

    /// <summary>Gives each create and update its record, by what it says; null when nothing is wrong.</summary>
    public static Problem? Place(SubmissionPlan plan, IntakeOptions options)
    {
        foreach (var change in plan.Changes)
        {
            if (change.Kind != ChangeKind.Delete && !change.HasMatch)
                change.Log = null;
        }
        foreach (var change in plan.Changes)
        {
            if (change.Log is null && change.Kind != ChangeKind.Delete && Place(plan, change, options, plan.Changes.Count) is { } problem)
                return problem;
        }
        return null;
    }

    /// <summary>Whether the changes can be one submission: no resource twice, no two patients. Asked when all records are known.</summary>
    public static Problem? Check(SubmissionPlan plan, IntakeOptions options) => CheckIdentities(plan) ?? CheckRecords(plan, options);

    /// <param name="plan">The submission.</param>
    /// <param name="change">A create or update.</param>
    /// <param name="options">Knows our own base URLs.</param>
    /// <param name="depth">How many steps from resource to resource are left; a chain cannot be longer than the submission.</param>
    private static Problem? Place(SubmissionPlan plan, PlannedChange change, IntakeOptions options, int depth)
    {
        var resource = change.Resource!;
        if (change.PatientLink is { } link && link.Target.Type == PatientType && resource.Type != PatientType)
        {
            change.Log = link.Target.Text;
            return null;
        }
        change.Log = change.Target.Text;
        if (resource.Type == PatientType || change.PatientLink is not null || !FhirTypes.CanBelongToPatient(resource.Type))
            return null;
        if (resource.PatientLink < 0)
        {
            change.Log = LogOfTargets(plan, change, options, depth) ?? change.Log;
            return null;
        }
        string reference = resource.PatientReference!;
        if (reference.StartsWith("urn:", StringComparison.Ordinal))
        {
            return Problem.Unresolved(
                new(change.Index, resource.Type), "patient-unresolved",
                "The patient is named by a urn: that only a transaction's entries could resolve; whose record this is remains unknown.");
        }
        if (Urls.TryKey(reference, options.BaseUrls, out var key) && key.IsPatient)
            change.Log = key.ToString();
        return null;
    }

    /// <summary>
    /// What names no patient but is about entries of a patient belongs to the same patient: a Provenance of an Observation tells as much as
    /// the Observation does.
    /// </summary>
    private static string? LogOfTargets(SubmissionPlan plan, PlannedChange change, IntakeOptions options, int depth)
    {
        var (from, count) = change.Links.GetOffsetAndLength(plan.Links.Count);
        for (int i = from; i < from + count; i++)
        {
            if (plan.Links[i].Target.Change is not { Resource: not null } other)
                continue;
            if (other.Log is null && depth > 0)
                _ = Place(plan, other, options, depth - 1);
            if (other.Log is { } log && IsPatientLog(log))
                return log;
        }
        return null;
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
                return Problem.Invalid(
                    new(change.Index, "request"), "entry-overlap",
                    "Two entries of the transaction are about the same resource (R4 3.1.0.11.2).");
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
                    "A transaction may write the record of one patient and resources outside patient records; this one is about two "
                    + "patients. Send one transaction for each, or a batch.");
            else
                patient = log;
        }
        return others.Count >= options.MaxRecords
            ? Problem.TooLarge(new(null, "Bundle.entry"), "transaction-records", $"A transaction may write {options.MaxRecords} records.")
            : null;
    }
}
