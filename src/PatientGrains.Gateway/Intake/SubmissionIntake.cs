using System.Globalization;
using Orleans;
using PatientGrains.Core.Record;
using PatientGrains.Fhir;

namespace PatientGrains.Gateway.Intake;

/// <summary>
/// Turns what was sent into submissions to records: decides which record a resource belongs to, derives ids, evaluates conditions, resolves
/// references.
/// Stateless and safe for concurrent use. Whatever it answers is durable; when it throws, nothing was acknowledged and the same submission
/// may be repeated.
/// </summary>
public sealed class SubmissionIntake
{
    private readonly Records _records;
    private readonly ScannerPool _scanners;
    private readonly IntakeOptions _options;
    private readonly SubmissionRun _run;

    public SubmissionIntake(IGrainFactory grains, ScannerPool scanners, IntakeOptions options, TimeProvider time)
    {
        _records = new Records(grains);
        _scanners = scanners;
        _options = options;
        _run = new SubmissionRun(_records, options, time);
    }

    /// <summary>R4 3.1.0.8. The resource's own id is ignored; the new one derives from the message id, or from the criteria.</summary>
    /// <param name="resource">The scanned body.</param>
    /// <param name="ifNoneExist">Search parameters as in the header If-None-Exist, or null.</param>
    /// <param name="s">Who submits.</param>
    public Task<IntakeAnswer> Create(ScannedResource resource, string? ifNoneExist, Submission s)
    {
        if (Problem.With(resource) is { } invalid)
            return Task.FromResult(invalid.Why);
        Condition? condition = null;
        if (ifNoneExist is not null && !Condition.TryParse(resource.Type, ifNoneExist, out condition, out string? wrong))
            return Task.FromResult(Problem.Invalid(default, "condition", wrong).Why);
        var change = new PlannedChange { Index = 0, Kind = ChangeKind.Create, Resource = resource, Condition = condition };
        return _run.RunOne("create", change, s, ContentDigest.Of(resource.Source, "create", condition?.Canonical));
    }

    /// <summary>R4 3.1.0.4; creates the resource when there is none of that id.</summary>
    /// <param name="resource">The scanned body; its id must be <paramref name="id"/>.</param>
    /// <param name="id">Logical id of the URL.</param>
    /// <param name="ifMatch">The version that must be current, or null.</param>
    /// <param name="s">Who submits.</param>
    public Task<IntakeAnswer> Update(ScannedResource resource, string id, int? ifMatch, Submission s)
    {
        if (Problem.With(resource) is { } invalid)
            return Task.FromResult(invalid.Why);
        if (resource.Id != id)
            return Task.FromResult(Problem.Malformed(
                new(null, resource.Type + ".id"), "entry-id", "The resource needs the id that the URL names (R4 3.1.0.4).").Why);
        var change = new PlannedChange { Index = 0, Kind = ChangeKind.Update, Resource = resource, IfVersion = ifMatch };
        change.Target.Settle(new ResourceKey(resource.Type, id), null);
        return _run.RunOne("update", change, s, ContentDigest.Of(resource.Source, "update", Text(ifMatch)));
    }

    /// <summary>R4 3.1.0.7; deleting what is not there is no error.</summary>
    public Task<IntakeAnswer> Delete(ResourceKey key, int? ifMatch, Submission s)
    {
        var change = new PlannedChange { Index = 0, Kind = ChangeKind.Delete, IfVersion = ifMatch };
        change.Target.Settle(key, null);
        return _run.RunOne("delete", change, s, ContentDigest.Of(default, "delete", key.ToString(), Text(ifMatch)));
    }

    /// <summary>
    /// R4 3.1.0.11: a batch or a transaction. Bundles of other types are content, not submissions, and are rejected as <see
    /// cref="RejectionKind.Unsupported"/>.
    /// </summary>
    /// <param name="bundle">The scanned Bundle.</param>
    /// <param name="s">Who submits.</param>
    /// <param name="read">Answers a GET or HEAD entry: method, url, entry. In a batch it is called concurrently, in a transaction after the
    /// writes are durable.</param>
    public async Task<BundleAnswer> Bundle(ScannedResource bundle, Submission s, Func<string, string, ScannedEntry, Task<EntryAnswer>> read)
    {
        if (bundle.Bundle is not { } content)
            return Failed(Problem.Malformed(new(null, bundle.Type), "bundle", "This is no Bundle."));
        return content.Type switch
        {
            "transaction" => await Transaction(bundle, content, s, read),
            "batch" => await new BatchRun(_run, _options, read).Run(bundle, content, s),
            _ => Failed(Problem.Unsupported(
                new(null, "Bundle.type"), "bundle-type",
                "Only a Bundle of type batch or transaction is a submission; others carry content for somebody to read.")),
        };
    }

    /// <summary>Name of the log that holds a resource, null when there is no such resource.</summary>
    public Task<string?> OwnerOf(ResourceKey key) => _records.OwnerOf(key);

    private async Task<BundleAnswer> Transaction(
        ScannedResource bundle, ScannedBundle content, Submission s, Func<string, string, ScannedEntry, Task<EntryAnswer>> read)
    {
        if (Problem.With(bundle) is { } invalid)
            return Failed(invalid);
        if (BundleReading.ReadTransaction(content, _options, out var plan) is { } unread)
            return Failed(unread);
        // An ordinary scan reports only those uri elements that are urn:.
        if (plan.NeedsUris)
            BundleReading.ReadTransaction(_scanners.ScanForUris(bundle.Source).Bundle!, _options, out plan);
        if (LinkReading.Read(plan, _options.BaseUrls) is { } unlinked)
            return Failed(unlinked);
        if (await _run.Run(plan, s, ContentDigest.Of(bundle.Source, "transaction")) is { } problem)
            return Failed(problem);
        var answers = new EntryAnswer[content.Entries.Count];
        foreach (var change in plan.Changes)
            answers[change.Index] = new EntryChanged(change.Answer!);
        foreach (var entry in plan.Reads)
            answers[entry.Index] = await read(entry.Method!, entry.Url!, entry);
        return new BundleDone("transaction-response", answers);
    }

    private static BundleFailed Failed(Problem problem) => new(problem.Why, problem.Entry);

    private static string? Text(int? version) => version?.ToString(CultureInfo.InvariantCulture);
}
