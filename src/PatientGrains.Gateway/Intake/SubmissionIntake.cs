using Orleans;
using PatientGrains.Contracts;
using PatientGrains.Core.Record;
using PatientGrains.Fhir;

namespace PatientGrains.Gateway.Intake;

/// <summary>
/// Turns what was sent into submissions to records: decides which record a resource belongs to, derives ids, evaluates conditions, resolves references.
/// Stateless and safe for concurrent use. Whatever it answers is durable; when it throws, nothing was acknowledged and the same submission may be repeated.
/// </summary>
public sealed class SubmissionIntake(IGrainFactory grains, ScannerPool scanners, IntakeOptions options)
{
    private readonly Records _records = new(grains);

    /// <summary>R4 3.1.0.8. The resource's own id is ignored; the new one derives from the message id, or from the criteria.</summary>
    /// <param name="resource">The scanned body.</param>
    /// <param name="ifNoneExist">Search parameters as in the header If-None-Exist, or null.</param>
    /// <param name="s">Who submits.</param>
    public Task<IntakeAnswer> Create(ScannedResource resource, string? ifNoneExist, Submission s) => throw new NotSupportedException();

    /// <summary>R4 3.1.0.4; creates the resource when there is none of that id.</summary>
    /// <param name="resource">The scanned body; its id must be <paramref name="id"/>.</param>
    /// <param name="id">Logical id of the URL.</param>
    /// <param name="ifMatch">The version that must be current, or null.</param>
    /// <param name="s">Who submits.</param>
    public Task<IntakeAnswer> Update(ScannedResource resource, string id, int? ifMatch, Submission s) => throw new NotSupportedException();

    /// <summary>R4 3.1.0.7; deleting what is not there is no error.</summary>
    public Task<IntakeAnswer> Delete(ResourceKey key, int? ifMatch, Submission s) => throw new NotSupportedException();

    /// <summary>R4 3.1.0.11: a batch or a transaction.</summary>
    /// <param name="bundle">The scanned Bundle.</param>
    /// <param name="s">Who submits.</param>
    /// <param name="read">Answers a GET or HEAD entry: method, url, entry. In a transaction it is called after the writes are durable.</param>
    public Task<BundleAnswer> Bundle(ScannedResource bundle, Submission s, Func<string, string, ScannedEntry, Task<EntryAnswer>> read) =>
        throw new NotSupportedException(scanners.ToString() + options);

    /// <summary>Name of the log that holds a resource, null when there is no such resource.</summary>
    public Task<string?> OwnerOf(ResourceKey key) => _records.OwnerOf(key);
}
