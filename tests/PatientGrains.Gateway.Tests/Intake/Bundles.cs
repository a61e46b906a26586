using System.Text;
using PatientGrains.Core.Record;
using PatientGrains.Fhir;
using PatientGrains.Gateway.Intake;

namespace PatientGrains.Gateway.Tests.Intake;

/// <summary>Bundles as tests write them, and what they become under facts that a test hands in.</summary>
internal static class Bundles
{
    public static readonly IntakeOptions Options = new() { IdSecret = new byte[32], BaseUrls = ["http://us.example/fhir"] };

    public static readonly Submission Submission = new(
        new() { Subject = "lab", Roles = [Core.Access.Role.Integrator], Purpose = "TREAT", Source = "local" },
        "m1", "r1", WantsBodies: false);

    public static readonly ScannerPool Scanners = new();

    public static string Transaction(params string[] entries) => Of("transaction", entries);

    public static string Of(string type, params string[] entries) =>
        $"{{\"resourceType\":\"Bundle\",\"type\":\"{type}\"" + (entries.Length == 0 ? "}" : $",\"entry\":[{string.Join(',', entries)}]}}");

    /// <summary>An entry; <paramref name="more"/> are further members of its request.</summary>
    public static string Entry(string method, string url, string? resource = null, string? fullUrl = null, string more = "") =>
        "{" + (fullUrl is null ? "" : $"\"fullUrl\":\"{fullUrl}\",") + (resource is null ? "" : $"\"resource\":{resource},")
        + $"\"request\":{{\"method\":\"{method}\",\"url\":\"{url}\"{more}}}}}";

    public static string Patient(string members = "") => $$$"""{"resourceType":"Patient"{{{members}}}}""";

    public static string Practitioner(string members = "") => $$$"""{"resourceType":"Practitioner"{{{members}}}}""";

    public static string Observation(string subject, string members = "") =>
        $$$"""{"resourceType":"Observation"{{{members}}},"status":"final","code":{"text":"x"},"subject":{"reference":"{{{subject}}}"}}""";

    /// <summary>A urn:uuid that differs in its last digits.</summary>
    public static string Urn(int number) => $"urn:uuid:00000000-0000-4000-8000-{number:D12}";

    public static ScannedResource Scan(string json)
    {
        var scanned = Scanners.Scan(Encoding.UTF8.GetBytes(json));
        Assert.Empty(scanned.Issues.Select(issue => $"{issue.Location} {issue.Rule} {issue.Message}"));
        return scanned;
    }

    /// <summary>Plans a transaction, or says why not.</summary>
    public static (SubmissionPlan Plan, Problem? Problem) Plan(string json)
    {
        var bundle = Scan(json);
        var problem = BundleReading.ReadTransaction(bundle.Bundle!, Options, out var plan);
        if (problem is null && plan.NeedsUris)
            BundleReading.ReadTransaction(Scanners.ScanForUris(bundle.Source).Bundle!, Options, out plan);
        return (plan, problem ?? LinkReading.Read(plan, Options.BaseUrls));
    }

    /// <summary>
    /// Plans and places a transaction: creates get the id <c>new-[entry]</c>, deletes are in the log that <paramref name="logs"/> says,
    /// conditions match what
    /// <paramref name="stored"/> says.
    /// </summary>
    public static (List<RecordPart> Parts, Problem? Problem) Place(
        string json, Dictionary<string, string>? logs = null, Dictionary<string, Match>? stored = null)
    {
        var (plan, problem) = Plan(json);
        if (problem is not null)
            return ([], problem);
        foreach (var change in plan.Changes)
        {
            if (change.Condition is { } condition && stored?.GetValueOrDefault(condition.Asked) is { } match)
            {
                change.HasMatch = true;
                change.Log = match.Log;
                change.Target.Settle(match.Key, match.Version);
            }
            else if (change.GetsNewId)
            {
                change.Target.Settle(new ResourceKey(change.Resource!.Type, $"new-{change.Index}"), 1);
            }
            else if (change.Kind == ChangeKind.Delete)
            {
                change.Log = logs?.GetValueOrDefault(change.Key.ToString());
            }
        }
        foreach (var reference in plan.References)
            reference.Target.Settle(stored![reference.Condition.Asked].Key, stored[reference.Condition.Asked].Version);
        problem = Placing.Place(plan, Options) ?? Placing.Check(plan, Options);
        return (problem is null ? Writing.Build(plan, Submission, new Blob(new byte[32]), DateTimeOffset.UnixEpoch) : [], problem);
    }

    /// <summary>The bodies that a transaction would store, by entry.</summary>
    public static Dictionary<int, string> Bodies(string json, Dictionary<string, Match>? stored = null)
    {
        var (parts, problem) = Place(json, stored: stored);
        Assert.Null(problem);
        return parts
            .SelectMany(part => part.Changes.Zip(part.Submit.Changes))
            .Where(pair => pair.Second.Body is not null)
            .ToDictionary(pair => pair.First.Index, pair => Encoding.UTF8.GetString(pair.Second.Body!.Json.Span));
    }

    /// <summary>The rule of the only issue.</summary>
    public static string RuleOf(IntakeAnswer? answer) => Assert.Single(Assert.IsType<Rejected>(answer).Issues).Rule;

    public static void Refused(string rule, RejectionKind kind, int? entry, Problem? problem)
    {
        Assert.NotNull(problem);
        Assert.Equal((rule, kind, entry), (RuleOf(problem.Why), ((Rejected)problem.Why).Kind, problem.Entry));
    }
}
