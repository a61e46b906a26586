using System.Text.Json.Nodes;

namespace PatientGrains.Gateway.Tests.Audit;

/// <summary>The compiled profiles of IHE Basic Audit Log Patterns, where the shared data is.</summary>
internal static class BalpProfile
{
    private static readonly string? Folder = FindFolder();

    public static string? WhyMissing =>
        Folder is null ? "The profiles of IHE BALP (github.com/IHE/ITI.BasicAudit) are not in ../shared/data/audit/ihe-balp." : null;

    /// <summary>The differential of <c>IHE.BasicAudit.[name]</c>.</summary>
    public static JsonArray Find(string name)
    {
        string path = Path.Combine(Folder!, $"StructureDefinition-IHE.BasicAudit.{name}.json");
        return JsonNode.Parse(File.ReadAllText(path))!["differential"]!["element"]!.AsArray();
    }

    /// <summary>The code that the profile demands for the type of an agent.</summary>
    public static string AgentCode(JsonArray elements, string slice)
    {
        var type = elements.Single(element => (string?)element!["id"] == $"AuditEvent.agent:{slice}.type")!;
        return (string)type["patternCodeableConcept"]!["coding"]![0]!["code"]!;
    }

    private static string? FindFolder()
    {
        var at = new DirectoryInfo(AppContext.BaseDirectory);
        while (at is not null && !File.Exists(Path.Combine(at.FullName, "PatientGrains.sln")))
            at = at.Parent;
        string? folder = at is null ? null : Path.Combine(at.FullName, "..", "shared", "data", "audit", "ihe-balp");
        return Directory.Exists(folder) ? folder : null;
    }
}

/// <summary>Skipped, visibly, where the profiles are missing; in CI they must be there.</summary>
internal sealed class BalpFactAttribute : FactAttribute
{
    public BalpFactAttribute()
    {
        if (Environment.GetEnvironmentVariable("CI") != "true")
            Skip = BalpProfile.WhyMissing;
    }
}

/// <inheritdoc cref="BalpFactAttribute"/>
internal sealed class BalpTheoryAttribute : TheoryAttribute
{
    public BalpTheoryAttribute()
    {
        if (Environment.GetEnvironmentVariable("CI") != "true")
            Skip = BalpProfile.WhyMissing;
    }
}
