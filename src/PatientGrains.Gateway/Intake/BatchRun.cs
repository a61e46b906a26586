using PatientGrains.Core.Record;
using PatientGrains.Fhir;

namespace PatientGrains.Gateway.Intake;

/// <summary>
/// A batch (R4 3.1.0.11.1): every entry by itself, and no entry's failure touches another. They run side by side, but in waves in the order
/// in which a transaction
/// processes them, and those with conditional references after the other writes: so a batch that relies on that order, as many senders' do,
/// finds it.
/// </summary>
internal sealed class BatchRun(SubmissionRun run, IntakeOptions options, Func<string, string, ScannedEntry, Task<EntryAnswer>> read)
{
    private enum Wave
    {
        Delete,
        Create,
        Update,
        Referring,
        Read,
    }

    public async Task<BundleAnswer> Run(ScannedResource bundle, ScannedBundle content, Submission s)
    {
        if (bundle.Issues.Any(issue => issue.Severity == FhirSeverity.Fatal))
            return new BundleFailed(new Rejected(bundle.Issues, RejectionKind.Malformed), null);
        if (content.Entries.Count > options.MaxEntries)
            return new BundleFailed(BundleReading.TooMany(options).Why, null);
        // What is wrong outside the entries' resources is wrong with the Bundle itself.
        if (bundle.Issues.Where(issue => issue.Severity == FhirSeverity.Error && !IsInResource(issue)).ToList() is { Count: > 0 } issues)
            return new BundleFailed(new Rejected(issues, RejectionKind.Invalid), null);
        var answers = new EntryAnswer[content.Entries.Count];
        var fullUrls = content.Entries.Select(entry => entry.FullUrl).OfType<string>().ToHashSet(StringComparer.Ordinal);
        foreach (var wave in content.Entries.GroupBy(WaveOf).OrderBy(wave => wave.Key))
        {
            var limits = new ParallelOptions { MaxDegreeOfParallelism = options.BatchWidth };
            await Parallel.ForEachAsync(wave, limits, async (entry, _) => answers[entry.Index] = await Entry(entry, fullUrls, s));
        }
        return new BundleDone("batch-response", answers);
    }

    private async Task<EntryAnswer> Entry(ScannedEntry entry, HashSet<string> fullUrls, Submission s)
    {
        if (EntryRequest.Read(entry, options.BaseUrls, out var request) is { } unread)
            return new EntryChanged(unread.Why);
        if (request.IsRead)
            return await read(entry.Method!, entry.Url!, entry);
        var (change, wrong) = BundleReading.ReadChange(entry, request);
        if (change is null)
            return new EntryChanged(wrong!.Why);
        if (entry.Resource is not null && RefersTo(entry.Resource, fullUrls))
        {
            return new EntryChanged(Problem.Invalid(
                new(entry.Index, "resource"), "batch-reference",
                "Entries of a batch cannot refer to each other by fullUrl (R4 3.1.0.11.1); send a transaction.").Why);
        }
        var own = s with { MessageId = $"{s.MessageId}#{entry.Index}" };
        var digest = ContentDigest.Of(
            entry.Resource?.Source ?? default, entry.Method, entry.Url, entry.IfMatch, entry.IfNoneMatch, entry.IfNoneExist);
        return new EntryChanged(await run.RunOne(InteractionOf(change.Kind), change, own, digest));
    }

    private static bool IsInResource(FhirIssue issue) => issue.Location.Contains("].resource", StringComparison.Ordinal);

    private static bool RefersTo(ScannedResource resource, HashSet<string> fullUrls)
    {
        for (int i = 0; i < resource.LinkCount; i++)
        {
            var link = resource.LinkAt(i);
            if (link.Kind == LinkKind.Reference && link.Raw.StartsWith("urn:"u8) && fullUrls.Contains(link.Text))
                return true;
        }
        return false;
    }

    private static Wave WaveOf(ScannedEntry entry) => entry.Method switch
    {
        "DELETE" => Wave.Delete,
        "POST" or "PUT" when entry.Resource is { } resource && HasConditional(resource) => Wave.Referring,
        "POST" => Wave.Create,
        "PUT" => Wave.Update,
        _ => Wave.Read,
    };

    private static bool HasConditional(ScannedResource resource)
    {
        for (int i = 0; i < resource.LinkCount; i++)
        {
            var link = resource.LinkAt(i);
            if (link.Kind == LinkKind.Reference && link.Raw.Contains((byte)'?'))
                return true;
        }
        return false;
    }

    private static string InteractionOf(ChangeKind kind) => kind switch
    {
        ChangeKind.Create => "create",
        ChangeKind.Update => "update",
        _ => "delete",
    };
}
