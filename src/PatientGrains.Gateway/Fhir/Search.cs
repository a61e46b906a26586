using System.Collections.Immutable;
using PatientGrains.Contracts;
using PatientGrains.Core.Access;
using PatientGrains.Core.Record;
using PatientGrains.Core.Search;
using PatientGrains.Fhir;

namespace PatientGrains.Gateway.Fhir;

/// <summary>
/// search (R4 3.1.0.9) where it can be answered exactly: in the record of a named patient, by logical id, or by identifier through the
/// population index.
/// Anything else would need a search over the population, which is refused, never answered in part.
/// </summary>
internal sealed class Search(RecordDoor records, ResourceWriter resources, GatewayOptions options)
{
    /// <summary><c>[type]?..</c></summary>
    public Task<Answer> OfType(FhirCall call) => Answer(call, call.Path[0], null);

    /// <summary><c>Patient/[id]/[type]?..</c> (R4 3.1.1.3): the patient's compartment.</summary>
    public Task<Answer> OfCompartment(FhirCall call) => Answer(call, call.Path[2] == "*" ? null : call.Path[2], call.Path[1]);

    /// <summary>Over all types: refused.</summary>
    public static Task<Answer> OfSystem(FhirCall call) => Task.FromResult(TooCostly());

    private async Task<Answer> Answer(FhirCall call, string? type, string? patient)
    {
        var (form, badForm) = await Forms.WithForm(call, options);
        if (badForm is not null)
            return badForm;
        if (SearchParser.Parse(type, patient, form, options, out var request) is { } problem)
            return problem;
        var (matches, total, refused) = await Find(form, request);
        return refused ?? Show(form, request, matches, total);
    }

    /// <summary>The page of matches that a request asks for, and how many there are in all; or why it is not answered.</summary>
    /// <param name="call">Who asks; that a record logged it is remembered there.</param>
    /// <param name="request">What was understood.</param>
    public async Task<(ImmutableArray<StoredVersion> Matches, int Total, Answer? Problem)> Find(FhirCall call, SearchRequest request)
    {
        if (AccessPolicy.RefusalFor(call.Who, AccessKind.ReadRecord) is { } denied)
            return ([], 0, Fhir.Answer.Of(new Refused(denied)));
        var (logs, tooMany) = await Candidates(request);
        if (tooMany is not null)
            return ([], 0, tooMany);
        var matches = ImmutableArray.CreateBuilder<StoredVersion>();
        int total = 0;
        foreach (string log in logs)
        {
            var outcome = await RecordDoor.Ask(records.Named(log), Question(call, request, total, matches.Count), call);
            if (outcome is Refused refused)
                return ([], 0, Fhir.Answer.Of(refused));
            var released = outcome as Released
                ?? throw new InvalidOperationException($"A search was answered with {outcome.GetType().Name}.");
            matches.AddRange(released.Versions);
            total += released.Total;
        }
        return (matches.ToImmutable(), total, null);
    }

    /// <summary>What one record is asked, when the records before it had this many matches and gave this many to the page.</summary>
    private static SearchRecord Question(FhirCall call, SearchRequest request, int before, int given) => new()
    {
        Who = call.Who,
        RequestId = call.RequestId,
        Types = request.Type is { } type ? [type] : [],
        Criteria = request.Criteria,
        Skip = Math.Max(0, request.Page.Cursor.Skip - before),
        Count = request.Page.Count - given,
        Asked = call.Asked,
        Interaction = "search-type",
    };

    /// <summary>The records that together hold every match.</summary>
    private async Task<(IReadOnlyCollection<string> Logs, Answer? Problem)> Candidates(SearchRequest request)
    {
        var logs = new List<string>();
        if (!request.Patients.IsDefault)
            await Add(logs, request.Patients.Where(References.IsId).Select(id => new ResourceKey("Patient", id)));
        else if (!request.Keys.IsDefault)
            await Add(logs, request.Keys);
        else if (!request.Identifiers.IsDefault)
        {
            foreach (var identifier in request.Identifiers)
                logs.AddRange(await records.WithIdentifier(request.Type!, identifier.System, identifier.Code!,
                    options.MaxRecordsPerSearch + 1));
        }
        else
            return ([], TooCostly());
        string[] distinct = [.. logs.Distinct(StringComparer.Ordinal)];
        return distinct.Length > options.MaxRecordsPerSearch
            ? ([], Fhir.Answer.Problem(403, "too-costly", "The search matches in more records than one search may ask; narrow it down."))
            : (distinct, null);
    }

    private async Task Add(List<string> logs, IEnumerable<ResourceKey> keys)
    {
        // One more than may be asked is enough to refuse.
        foreach (var key in keys.Take(options.MaxRecordsPerSearch + 1))
        {
            if (await records.NameOf(key) is { } log)
                logs.Add(log);
        }
    }

    private Answer Show(FhirCall call, SearchRequest request, ImmutableArray<StoredVersion> matches, int total)
    {
        int shown = request.Page.Cursor.Skip + matches.Length;
        Cursor? next = request.Page.Count > 0 && matches.Length > 0 && shown < total ? new Cursor(shown) : null;
        var links = Pages.Links(call, request.Understood, request.Page.Cursor, next);
        var bundle = new BundleWriter("searchset", request.OmitTotal && request.Page.Count > 0 ? null : total, links);
        foreach (var match in matches)
            bundle.Match($"{call.BaseUrl}/{match.Key}", match, resources);
        if (!request.Ignored.IsEmpty && request.Page.Count > 0)
        {
            string ignored = $"Ignored, because they are not supported: {string.Join(", ", request.Ignored)}.";
            bundle.Outcome(Fhir.Answer.Outcome(FhirSeverity.Warning, "not-supported", ignored).Span);
        }
        return new Answer(200) { Body = bundle.Finish() };
    }

    /// <summary>R4 3.1.0.9: 403 says that the server refuses to perform the search.</summary>
    private static Answer TooCostly() => Fhir.Answer.Problem(
        403,
        "too-costly",
        "This server searches within a patient (patient=, subject=Patient/..., or Patient/[id]/[type]), by _id, or by identifier "
        + "with a value. A search over the population is refused.");
}
