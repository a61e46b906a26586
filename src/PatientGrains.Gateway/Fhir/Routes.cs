using PatientGrains.Fhir;
using PatientGrains.Gateway.Admission;

namespace PatientGrains.Gateway.Fhir;

/// <summary>One interaction at one address.</summary>
/// <param name="Interaction">A code of R4's restful-interaction: the kind in metrics and access entries, never an id.</param>
/// <param name="Answer">Does it.</param>
/// <param name="Lane">Which room it takes.</param>
/// <param name="Units">How much of it, besides its body: what it builds in memory.</param>
internal sealed record Route(string Interaction, Func<FhirCall, Task<Answer>> Answer, Lane Lane = Lane.Reads, int Units = 1)
{
    /// <summary>Of a page, and of a patient as a whole.</summary>
    public const int PageUnits = 4, WholeUnits = 16;
}

/// <summary>Which addresses there are and what each can do (R4 3.1.0.1.1). The table that 404, 405 and Allow come from.</summary>
internal sealed class Routes(
    Read read,
    History history,
    Search search,
    Everything everything,
    Alerts alerts,
    AuditEventSearch auditEvents,
    Create create,
    Update update,
    Delete delete,
    BundleEndpoint bundles)
{
    private readonly Dictionary<string, Route> _base = new()
    {
        ["GET"] = new("search-system", Search.OfSystem),
        ["POST"] = new("transaction", bundles.Answer, Lane.Submissions),
    };

    private readonly Dictionary<string, Route> _systemSearch = new() { ["POST"] = new("search-system", Search.OfSystem) };

    private readonly Dictionary<string, Route> _type = new()
    {
        ["GET"] = Page("search-type", search.OfType),
        ["POST"] = new("create", create.Answer, Lane.Submissions),
    };

    private readonly Dictionary<string, Route> _typeSearch = new() { ["POST"] = Page("search-type", search.OfType) };

    private readonly Dictionary<string, Route> _instance = new()
    {
        ["GET"] = new("read", read.Current),
        ["PUT"] = new("update", update.Answer, Lane.Submissions),
        ["DELETE"] = new("delete", delete.Answer, Lane.Submissions),
    };

    private readonly Dictionary<string, Route> _history = new() { ["GET"] = Page("history-instance", history.Answer) };
    private readonly Dictionary<string, Route> _version = new() { ["GET"] = new("vread", read.Version) };

    /// <summary>Operations on a patient, by name. Those that change something are no GET (R4 3.2.0.1).</summary>
    private readonly Dictionary<string, Dictionary<string, Route>> _ofPatient = new()
    {
        ["$everything"] = new() { ["GET"] = Whole(everything.Answer), ["POST"] = Whole(everything.Answer) },
        ["$alerts"] = new() { ["GET"] = OfAlerts(alerts.Read), ["POST"] = OfAlerts(alerts.Read) },
        ["$acknowledge-alert"] = new() { ["POST"] = OfAlerts(alerts.Acknowledge) },
        ["$snooze-alert"] = new() { ["POST"] = OfAlerts(alerts.Snooze) },
        ["$override-alert"] = new() { ["POST"] = OfAlerts(alerts.Override) },
    };

    private readonly Dictionary<string, Route> _compartment = new() { ["GET"] = Page("search-type", search.OfCompartment) };
    private readonly Dictionary<string, Route> _compartmentSearch = new() { ["POST"] = Page("search-type", search.OfCompartment) };

    // The access log is written by accesses only, so there is nothing to create, change or delete.
    private readonly Dictionary<string, Route> _auditEvents = new() { ["GET"] = Page("search-type", auditEvents.Answer) };
    private readonly Dictionary<string, Route> _auditEventSearch = new() { ["POST"] = Page("search-type", auditEvents.Answer) };

    /// <summary>The interaction, or the problem of finding none.</summary>
    public (Route? Route, Answer? Problem) Find(string method, string[] path)
    {
        var (there, missing) = At(path);
        if (there is null)
            return (null, missing);
        if (there.TryGetValue(method == "HEAD" ? "GET" : method, out var route))
            return (route, null);
        IEnumerable<string> allowed = there.ContainsKey("GET") ? ["HEAD", .. there.Keys] : there.Keys;
        return (null, Fhir.Answer.Problem(405, "not-supported", "This address does not know the method.")
            with { Allow = string.Join(", ", allowed.Order()) });
    }

    /// <summary>For entries of a batch or transaction.</summary>
    public async Task<Answer> Answer(FhirCall call)
    {
        var (route, problem) = Find(call.Method, call.Path);
        return route is null ? problem! : await route.Answer(call);
    }

    private (Dictionary<string, Route>? There, Answer? Missing) At(string[] path) => path switch
    {
        [] => (_base, null),
        ["_search"] => (_systemSearch, null),
        ["_history"] or [_, "_history"] => (null, Missing("History is kept per resource: [type]/[id]/_history.")),
        ["AuditEvent"] => (_auditEvents, null),
        ["AuditEvent", "_search"] => (_auditEventSearch, null),
        ["AuditEvent", ..] => (null, Missing("AuditEvents are shown by search only: AuditEvent?patient=Patient/[id].")),
        [var type, ..] when !FhirTypes.IsResourceType(type) =>
            (null, Fhir.Answer.Problem(404, "not-supported", "R4 has no such resource type, and this server no such address.")),
        [_] => (_type, null),
        [_, "_search"] => (_typeSearch, null),
        ["Patient", _, var name] when _ofPatient.TryGetValue(name, out var operation) => (operation, null),
        [.., var last] when last.StartsWith('$') => (null, Missing("The server has no such operation here.")),
        [_, _] => (_instance, null),
        [_, _, "_history"] => (_history, null),
        [_, _, "_history", _] => (_version, null),
        ["Patient", _, "*"] => (_compartment, null),
        ["Patient", _, var type] when IsInCompartment(type) => (_compartment, null),
        ["Patient", _, var type, "_search"] when IsInCompartment(type) => (_compartmentSearch, null),
        _ => (null, Missing("There is no such address.")),
    };

    private static Route Page(string interaction, Func<FhirCall, Task<Answer>> answer) =>
        new(interaction, answer, Units: Route.PageUnits);

    private static Route Whole(Func<FhirCall, Task<Answer>> answer) => new("operation", answer, Units: Route.WholeUnits);

    private static Route OfAlerts(Func<FhirCall, Task<Answer>> answer) => new("operation", answer, Lane.Alerts);

    private static bool IsInCompartment(string type) => FhirTypes.IsResourceType(type) && FhirTypes.CanBelongToPatient(type)
        && type != "AuditEvent";

    private static Answer Missing(string what) => Fhir.Answer.Problem(404, "not-found", what);
}
