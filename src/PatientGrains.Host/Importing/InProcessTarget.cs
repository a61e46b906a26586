using PatientGrains.Core.Record;
using PatientGrains.Gateway.Intake;
using PatientGrains.Host.Composition;

namespace PatientGrains.Host.Importing;

/// <summary>Imports into this process's own store: the folder is locked, no server runs on it.</summary>
internal sealed class InProcessTarget(RecordServer server, Core.Access.Requester who, bool ownsServer = true) : IImportTarget
{
    /// <summary>
    /// How often a submission is tried again when its record is busy or lost its place in the log; what waits behind it waits with it.
    /// </summary>
    private const int Tries = 20;

    private readonly SubmissionIntake _intake = server.Services.GetRequiredService<SubmissionIntake>();
    private readonly ScannerPool _scanners = server.Services.GetRequiredService<ScannerPool>();

    public string Describe => "this process";

    public bool TellsUnchanged => true;

    public async Task<ImportResult> Submit(ImportItem item, CancellationToken cancel)
    {
        for (int left = Tries; ; left--)
        {
            var result = await SubmitOnce(item);
            if (left == 0 || !result.Rejects.Any(reject => reject.Rule is nameof(Rule.Busy) or nameof(Rule.Interrupted)))
                return result;
            await Task.Yield();
        }
    }

    private async Task<ImportResult> SubmitOnce(ImportItem item)
    {
        var resource = _scanners.Scan(item.Content);
        var submission = new Submission(who, item.MessageId, null, WantsBodies: false);
        // A batch with a wrong entry is still a batch: the intake decides what is wrong with what.
        if (resource.Bundle?.Type is "batch" or "transaction")
            return Of(await _intake.Bundle(resource, submission, NoReads));
        var answer = resource.Id is { } id ? await _intake.Update(resource, id, null, submission) : await _intake.Create(resource, null, submission);
        return Of(answer, null);
    }

    private static Task<EntryAnswer> NoReads(string method, string url, PatientGrains.Fhir.ScannedEntry entry) =>
        Task.FromResult<EntryAnswer>(new EntryRead(405, default, null, null));

    private static ImportResult Of(BundleAnswer answer)
    {
        if (answer is BundleFailed failed)
            return Of(failed.Why, failed.Entry);
        int created = 0, updated = 0, unchanged = 0;
        var rejects = new List<Reject>();
        var entries = ((BundleDone)answer).Entries;
        for (int i = 0; i < entries.Count; i++)
        {
            if (entries[i] is not EntryChanged changed)
            {
                rejects.Add(Reject.Read(i));
                continue;
            }
            var one = Of(changed.Answer, i);
            created += one.Created;
            updated += one.Updated;
            unchanged += one.Unchanged;
            rejects.AddRange(one.Rejects);
        }
        return new ImportResult(created, updated, unchanged, rejects);
    }

    private static ImportResult Of(IntakeAnswer answer, int? entry) => answer switch
    {
        Gateway.Intake.Done { Repeated: true } => new ImportResult(0, 0, 1, []),
        Gateway.Intake.Done done => done.Result.Effect switch
        {
            ChangeEffect.Created => new ImportResult(1, 0, 0, []),
            ChangeEffect.Unchanged => new ImportResult(0, 0, 1, []),
            _ => new ImportResult(0, 1, 0, []),
        },
        Rejected rejected => new ImportResult(0, 0, 0, [.. rejected.Issues.Select(issue => new Reject(
            entry, issue.Rule, issue.Location, issue.Message, rejected.Kind is RejectionKind.Unresolved or RejectionKind.Contended))]),
        RuleBroken broken => ImportResult.Rejected(new Reject(entry, broken.Refused.Rule.ToString(), broken.Refused.Key?.Type, "The record refused it.")),
        _ => throw new InvalidOperationException($"No result is written for {answer.GetType().Name}."),
    };

    public ValueTask DisposeAsync() => ownsServer ? server.DisposeAsync() : ValueTask.CompletedTask;
}
