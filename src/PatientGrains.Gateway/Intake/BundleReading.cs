using PatientGrains.Core.Record;
using PatientGrains.Fhir;

namespace PatientGrains.Gateway.Intake;

/// <summary>Reads the entries of a Bundle into changes, and refuses what can be refused without knowing anything else. Pure.</summary>
internal static class BundleReading
{
    /// <summary>
    /// Reads a transaction: the changes in the order in which R4 3.1.0.11.2 processes them (DELETE, POST, PUT), then the reads.
    /// </summary>
    public static Problem? ReadTransaction(ScannedBundle bundle, IntakeOptions options, out SubmissionPlan plan)
    {
        plan = new SubmissionPlan { Interaction = "transaction", IsTransaction = true };
        if (bundle.Entries.Count > options.MaxEntries)
            return TooMany(options);
        foreach (var entry in bundle.Entries)
        {
            if (EntryRequest.Read(entry, options.BaseUrls, out var request) is { } problem)
                return problem;
            if (request.IsRead)
                plan.Reads.Add(entry);
            else if (ReadChange(entry, request) is var (change, wrong) && wrong is not null)
                return wrong;
            else
                plan.Changes.Add(change!);
        }
        plan.Changes.Sort((a, b) => (Order(a.Kind), a.Index).CompareTo((Order(b.Kind), b.Index)));
        return null;
    }

    public static Problem TooMany(IntakeOptions options) =>
        Problem.TooLarge(new(null, "Bundle.entry"), "bundle-entries", $"A Bundle may have {options.MaxEntries} entries.");

    /// <summary>One entry that changes something.</summary>
    public static (PlannedChange? Change, Problem? Problem) ReadChange(ScannedEntry entry, EntryRequest request)
    {
        if (EntryRequest.ReadIfMatch(entry, out int? ifVersion) is { } stale)
            return (null, stale);
        if (request.Method == "DELETE")
        {
            var delete = new PlannedChange { Index = entry.Index, Kind = ChangeKind.Delete, IfVersion = ifVersion };
            delete.Target.Settle(new ResourceKey(request.Type, request.Id!), null);
            return (delete, null);
        }
        if (entry.Resource is not { } resource)
            return (null, Problem.Malformed(new(entry.Index, "resource"), "entry-resource", "POST and PUT need a resource."));
        if (Problem.With(resource, entry.Index) is { } invalid)
            return (null, invalid);
        if (resource.Type != request.Type)
        {
            var at = PlaceInBundle.Request(entry.Index, "url");
            return (null, Problem.Malformed(at, "entry-type", "The url names another type than the resource has."));
        }
        return request.Method == "POST" ? ReadCreate(entry, resource) : ReadUpdate(entry, resource, request, ifVersion);
    }

    private static (PlannedChange? Change, Problem? Problem) ReadCreate(ScannedEntry entry, ScannedResource resource)
    {
        Condition? condition = null;
        if (entry.IfNoneExist is { } query && !Condition.TryParse(resource.Type, query, out condition, out string? problem))
            return (null, Problem.Invalid(PlaceInBundle.Request(entry.Index, "ifNoneExist"), "condition", problem));
        var create = new PlannedChange
        {
            Index = entry.Index,
            Kind = ChangeKind.Create,
            Resource = resource,
            Condition = condition,
            FullUrl = entry.FullUrlUtf8,
        };
        return (create, null);
    }

    private static (PlannedChange? Change, Problem? Problem) ReadUpdate(
        ScannedEntry entry, ScannedResource resource, EntryRequest request, int? ifVersion)
    {
        if (resource.Id != request.Id)
        {
            var at = new PlaceInBundle(entry.Index, "resource.id");
            return (null, Problem.Malformed(at, "entry-id", "The resource needs the id that the url names (R4 3.1.0.4)."));
        }
        bool mustBeNew = entry.IfNoneMatch?.Trim() == "*";
        if (entry.IfNoneMatch is not null && !mustBeNew)
        {
            var at = PlaceInBundle.Request(entry.Index, "ifNoneMatch");
            return (null, Problem.Unsupported(at, "if-none-match", "For PUT, ifNoneMatch can only be *."));
        }
        var update = new PlannedChange
        {
            Index = entry.Index,
            Kind = mustBeNew ? ChangeKind.Create : ChangeKind.Update,
            Resource = resource,
            IfVersion = ifVersion,
            MustBeNew = mustBeNew,
            FullUrl = entry.FullUrlUtf8,
        };
        update.Target.Settle(new ResourceKey(request.Type, request.Id!), null);
        return (update, null);
    }

    private static int Order(ChangeKind kind) => kind == ChangeKind.Delete ? 0 : (int)kind;
}
